/** Form of the worklist's filters. */

import { html, nothing } from "lit";
import { t } from "../../shared/texts.js";
import { SHOWN } from "./filters.js";
import { NO_FILTERS, areSame } from "./store.js";

/** @typedef {import("./store.js").Filters} Filters */

const ID = /^[A-Za-z0-9_-]{0,64}$/;

/** @param {Filters} filters @param {(filters: Filters) => void} apply */
export function filterForm(filters, apply) {
  const change = (/** @type {Event} */ event) => {
    const form = /** @type {HTMLFormElement} */ (/** @type {HTMLElement} */ (event.target).closest("form"));
    if (event.type === "submit") event.preventDefault();
    const wanted = readForm(form);
    const isValid = ID.test(wanted.patient);
    form.querySelector("#patient-error")?.toggleAttribute("hidden", isValid);
    form.patient.setAttribute("aria-invalid", String(!isValid));
    if (isValid && !areSame(wanted, filters)) apply(wanted);
  };
  return html`<form class="filters" role="search" aria-label=${t("filter.title")} @change=${change} @submit=${change}>
    <fieldset class="segments">
      <legend class="visually-hidden">${t("filter.show")}</legend>
      ${SHOWN.map((one) => html`<label><input type="radio" name="show" value=${one} .checked=${filters.show === one} />${t(`filter.${one}`)}</label>`)}
    </fieldset>
    <div class="field">
      <label for="filter-patient">${t("filter.patient")}</label>
      <input id="filter-patient" name="patient" type="search" autocomplete="off" autocapitalize="off" spellcheck="false" .value=${filters.patient} aria-describedby="patient-error" />
      <p id="patient-error" class="error" hidden>${t("filter.patient_error")}</p>
    </div>
    <div class="field"><label for="filter-from">${t("filter.from")}</label><input id="filter-from" name="from" type="date" .value=${filters.from} max=${filters.to || nothing} /></div>
    <div class="field"><label for="filter-to">${t("filter.to")}</label><input id="filter-to" name="to" type="date" .value=${filters.to} min=${filters.from || nothing} /></div>
    ${areSame(filters, NO_FILTERS) ? nothing : html`<button type="button" class="quiet" @click=${() => apply(NO_FILTERS)}>${t("filter.clear")}</button>`}
  </form>`;
}

/** @param {HTMLFormElement} form @returns {Filters} */
function readForm(form) {
  const data = new FormData(form);
  const text = (/** @type {string} */ name) => String(data.get(name) ?? "").trim();
  return { show: text("show") || NO_FILTERS.show, patient: text("patient"), from: text("from"), to: text("to") };
}
