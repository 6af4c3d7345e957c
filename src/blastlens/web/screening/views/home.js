/** Start: what is ready, a new examination, what is not sent, and the examinations on this device. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { mark } from "../../shared/marks.js";
import { navigate } from "../../shared/router.js";
import { formatShare, formatTime, t } from "../../shared/texts.js";
import { isId } from "../../clinic/upload/dropped_files.js";
import { sentenceOf } from "../core/sentences.js";
import { activateUpdate } from "../store/installation.js";
import { canRead } from "../reader.js";
import { workspace } from "../workspace.js";
import { sendingPanel } from "./sending_panel.js";
import { View } from "./view.js";
import { outcomeMark, stateMark } from "./words.js";

class HomeView extends View {
  static properties = { wrong: { state: true }, error: { state: true } };

  constructor() {
    super();
    this.wrong = false;
    this.error = "";
  }

  render() {
    const { store, examinations, isClockDoubtful, installation } = workspace();
    return html`
      <h1>${t("screening.page_title")}</h1>
      ${isClockDoubtful ? caution(t("screening.clock", { time: formatTime(new Date().toISOString()) })) : nothing}
      ${store.isPersistent ? nothing : caution(t("screening.not_persistent"))}
      ${installation.hasUpdate ? html`<div class="note"><p>${t("screening.update")}</p><button @click=${activateUpdate}>${t("screening.update_do")}</button></div>` : nothing}
      ${this._form()}
      ${sendingPanel(workspace())}
      ${readiness()}
      <section aria-labelledby="list">
        <h2 id="list">${t("screening.list")}</h2>
        ${examinations.length === 0 ? html`<p class="soft">${t("screening.list_empty")}</p>` : html`<ul class="examinations">
          ${repeat(examinations.toReversed(), (one) => one.id, row)}</ul>`}
      </section>
      <p class="soft limits">${t("screening.limits")}</p>
    `;
  }

  _form() {
    return html`<form class="start card" novalidate @submit=${this._begin}>
      <div class="field">
        <label for="patient">${t("screening.patient")}</label>
        <input id="patient" name="patient" autocomplete="off" autocapitalize="none" spellcheck="false" enterkeyhint="go"
          aria-invalid=${this.wrong ? "true" : "false"} aria-describedby="patient-hint" />
        <p id="patient-hint" class=${this.wrong ? "error" : "hint"}>${t(this.wrong ? "screening.patient_wrong" : "screening.patient_hint")}</p>
      </div>
      ${this.error ? html`<p class="note error" role="alert"><span>${this.error}</span></p>` : nothing}
      <button class="primary wide huge">${t("screening.begin")}</button>
    </form>`;
  }

  /** @param {SubmitEvent} event */
  async _begin(event) {
    event.preventDefault();
    const patient = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("patient")).trim();
    this.wrong = !isId(patient);
    this.error = "";
    if (this.wrong) {
      await this.updateComplete;
      /** @type {HTMLElement | null} */ (this.querySelector("#patient"))?.focus();
      return;
    }
    try {
      const id = await workspace().store.startExamination({ patient });
      await workspace().refresh();
      navigate(`#/examinations/${id}/camera`);
    } catch (error) {
      this.error = sentenceOf(error);
    }
  }
}

/** @param {import("../workspace.js").Examination} one */
function row(one) {
  return html`<li><a class="card examination" href="#/examinations/${one.id}">
    <strong class="id">${one.patient || t("screening.patient_damaged")}</strong>
    <span class="soft">${formatTime(one.createdAt || null)} · ${t("screening.fields", { count: one.fields.length })}</span>
    <span>${outcomeMark(one)}</span>
    <span>${stateMark(one)}</span>
  </a></li>`;
}

/** Whether the page works without a network, and what to do where it does not. */
function readiness() {
  const { installation, downloaded: share } = workspace();
  if (!canRead()) return caution(t("screening.cannot_read"));
  if (share === "ready" && installation.page) return html`<p class="ready">${mark("calm", t("screening.ready"))}</p>`;
  if (share === "failed") {
    return html`<div class="note caution" role="status"><p>${t("screening.download_failed")}</p><button @click=${() => workspace().download()}>${t("problem.retry")}</button></div>`;
  }
  if (share === "ready") return caution(t("screening.no_installation"));
  return html`<div class="note"><p>${t("screening.downloading", { share: formatShare(share) })}</p>
    <progress max="1" .value=${share} aria-label=${t("screening.downloading_label")}></progress></div>`;
}

/** @param {string} sentence */
export function caution(sentence) {
  return html`<p class="note caution" role="status"><span>${sentence}</span></p>`;
}

customElements.define("bl-screening-home", HomeView);
