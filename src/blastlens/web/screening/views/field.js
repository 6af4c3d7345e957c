/** Field: its image, what screening found in it, and why. */

import { html, nothing } from "lit";
import { ask } from "../../shared/dialogs.js";
import { navigate } from "../../shared/router.js";
import { formatTime, hasText, t } from "../../shared/texts.js";
import { sentenceOf } from "../core/sentences.js";
import { screenField } from "../core/screening.js";
import { verdictOf, workspace } from "../workspace.js";
import { missing } from "./missing.js";
import "./thumbnail.js";
import { View } from "./view.js";
import { fieldMark, fieldReason } from "./words.js";

class FieldView extends View {
  static properties = { error: { state: true } };

  constructor() {
    super();
    this.error = "";
  }

  render() {
    const { examination } = this;
    const place = examination?.fields.findIndex((one) => one.id === this.route?.params.field) ?? -1;
    if (!examination || place < 0) return missing();
    const field = examination.fields[place];
    const outcome = screenField(verdictOf(field));
    return html`
      <h1>${t("screening.field_number", { number: place + 1 })}</h1>
      <p class="soft">${formatTime(field.takenAt || null)} · ${t(`screening.field_state.${field.state}`)}</p>
      ${this.error ? html`<p class="note error" role="alert"><span>${this.error}</span></p>` : nothing}
      <section class="outcome" aria-labelledby="outcome">
        <h2 id="outcome">${fieldMark(field)}</h2>
        <p class="outcome-next">${fieldReason(field) || t(`screening.field_next.${outcome}`)}</p>
        ${this._figures(field)}
      </section>
      <bl-thumbnail class="large" .field=${field} .isLarge=${true} .label=${t(field.state === "sent" ? "screening.image_sent" : "screening.image_of", { number: place + 1 })}></bl-thumbnail>
      <div class="actions">
        <a class="button primary wide huge" href="#/examinations/${examination.id}">${t("screening.back")}</a>
        ${["kept", "queued", "failed"].includes(field.state) ? html`<button class="wide" @click=${() => this._remove(examination.id, field)}>${t("screening.remove_field")}</button>` : nothing}
      </div>
      <p class="soft limits">${t("screening.limits")}</p>
    `;
  }

  /** @param {import("../workspace.js").Field} field */
  _figures(field) {
    const read = verdictOf(field)?.field;
    if (!read) return nothing;
    const cautions = (read.cautions ?? []).filter((/** @type {string} */ one) => hasText(`caution.${one}`) || one === "few_cells");
    return html`<p>${t("screening.white_cells", { count: read.white_cells })}</p>
      ${cautions.length === 0 ? nothing : html`<ul>${cautions.map((/** @type {string} */ one) => html`<li>${t(one === "few_cells" ? "screening.caution_few_cells" : `caution.${one}`)}</li>`)}</ul>`}`;
  }

  /** @param {string} examination @param {import("../workspace.js").Field} field */
  async _remove(examination, field) {
    const chosen = await ask({
      title: t("screening.remove_field"),
      content: t("screening.remove_field_what"),
      choices: [{ value: "keep", label: t("dialog.cancel") }, { value: "erase", label: t("screening.remove_do"), tone: "danger" }],
    });
    if (chosen !== "erase") return;
    try {
      await workspace().store.removeField(field.id);
      navigate(`#/examinations/${examination}`);
    } catch (error) {
      this.error = sentenceOf(error);
    }
  }
}

customElements.define("bl-screening-field", FieldView);
