/** Examination: what is found so far, the next step, and its fields. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../../shared/announcements.js";
import { ask } from "../../shared/dialogs.js";
import { navigate } from "../../shared/router.js";
import { formatTime, hasText, t } from "../../shared/texts.js";
import { fileSentence, sentenceOf } from "../core/sentences.js";
import { screen, workspace } from "../workspace.js";
import { addFiles } from "../add_files.js";
import { missing } from "./missing.js";
import { sendingPanel } from "./sending_panel.js";
import "./thumbnail.js";
import { View } from "./view.js";
import { fieldMark, outcomePanel, stateMark } from "./words.js";

/** @typedef {import("../workspace.js").Examination} Examination */

class ExaminationView extends View {
  static properties = { errors: { state: true }, adding: { state: true } };

  constructor() {
    super();
    /** @type {string[]} */
    this.errors = [];
    this.adding = 0;
  }

  render() {
    const { examination } = this;
    if (!examination) return missing();
    const isOpen = examination.state === "open";
    return html`
      <h1>${t("screening.examination_of")} <span class="id">${examination.patient || t("screening.patient_damaged")}</span></h1>
      <p class="soft">${formatTime(examination.createdAt || null)} · ${stateMark(examination)}</p>
      ${this.errors.map((one) => html`<p class="note error" role="alert"><span>${one}</span></p>`)}
      ${outcomePanel(examination)}
      ${this._modelState()}
      ${isOpen ? this._actions(examination) : html`${sendingPanel(workspace())}${this._failed(examination)}`}
      <section aria-labelledby="fields"><h2 id="fields">${t("screening.fields", { count: examination.fields.length })}</h2>
        <ul class="fields">${repeat(examination.fields, (one) => one.id, (one, place) => this._field(examination, one, place + 1))}</ul>
      </section>
      ${this._removal(examination)}
      <p class="soft limits">${t("screening.limits")}</p>
    `;
  }

  /** @param {Examination} examination */
  _actions(examination) {
    return html`<div class="actions">
      <a class="button primary huge wide" href="#/examinations/${examination.id}/camera">${t("screening.take")}</a>
      <span class="file-choice wide"><input id="files" type="file" multiple accept="image/*,.bmp,.tif,.tiff" @change=${this._onChosen} />
        <label class="button wide" for="files">${this.adding > 0 ? t("screening.adding", { count: this.adding }) : t("screening.choose")}</label></span>
      <button class="huge wide" ?disabled=${examination.fields.length === 0 || this.adding > 0} @click=${() => this._finish(examination)}>${t("screening.finish")}</button>
    </div>`;
  }

  /** Fields wait for a model that is not there. */
  _modelState() {
    const { reading } = workspace();
    if (reading?.state !== "no model") return nothing;
    const isImpossible = /** @type {any} */ (reading.error)?.name === "NoWebAssembly";
    return html`<div class="note caution" role="status"><p>${t(isImpossible ? "screening.cannot_read" : "screening.no_model")}</p>
      ${isImpossible ? nothing : html`<button @click=${() => workspace().download()}>${t("problem.retry")}</button>`}</div>`;
  }

  /** Fields that the service refused, and why. @param {Examination} examination */
  _failed(examination) {
    const problems = [...new Set(examination.fields.filter(({ state }) => state === "failed").map(({ problem }) => problem ?? ""))];
    if (problems.length === 0) return nothing;
    return html`<div class="note error">${problems.map((one) => html`<p>${problemSentence(one)}</p>`)}
      <button @click=${() => this._do(async () => (await workspace().store.retry(examination.id), workspace().send()))}>${t("problem.retry")}</button></div>`;
  }

  /** @param {Examination} examination @param {import("../workspace.js").Field} field @param {number} number */
  _field(examination, field, number) {
    return html`<li><a class="field-tile" href="#/examinations/${examination.id}/fields/${field.id}">
      <bl-thumbnail .field=${field} .label=${t("screening.field_number", { number })}></bl-thumbnail>
      <span class="field-tile-mark">${fieldMark(field)}</span></a></li>`;
  }

  /** @param {Examination} examination */
  _removal(examination) {
    if (examination.fields.some(({ state }) => state === "sending")) return nothing;
    return html`<button class="quiet" @click=${() => this._remove(examination)}>${t("screening.remove_examination")}</button>`;
  }

  /** @param {Examination} examination */
  async _remove(examination) {
    const count = examination.fields.filter(({ state }) => state !== "sent").length;
    const chosen = await ask({
      title: t("screening.remove_examination"),
      content: count > 0 ? t("screening.remove_unsent", { count }) : t("screening.remove_sent"),
      choices: [{ value: "keep", label: t("dialog.cancel") }, { value: "erase", label: t("screening.remove_do"), tone: "danger" }],
    });
    if (chosen !== "erase") return;
    await this._do(async () => {
      await workspace().store.removeExamination(examination.id, count);
      navigate("#/");
    });
  }

  /** Ask before finishing where something is missing: a finished examination gets no more fields. @param {Examination} examination */
  async _finish(examination) {
    const found = screen(examination);
    if (["few_cells", "waiting", "unreadable", "empty"].includes(found.outcome)) {
      const chosen = await ask({
        title: t(`screening.outcome.${found.outcome}`),
        content: html`<p>${t(`screening.next.${found.outcome}`, { count: found.moreFields })}</p><p>${t("screening.finish_anyway_what")}</p>`,
        choices: [{ value: "stay", label: t("screening.finish_not") , tone: "primary" }, { value: "finish", label: t("screening.finish_anyway") }],
      });
      if (chosen !== "finish") return;
    }
    await this._do(async () => {
      await workspace().store.finish(examination.id);
      announce(t("screening.finished"));
      workspace().send();
    });
  }

  /** @param {Event} event */
  async _onChosen(event) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const files = [...(input.files ?? [])];
    // The same file can be chosen again, as after it was exported anew.
    input.value = "";
    const id = this.examination?.id;
    if (!id) return;
    this.errors = [];
    this.adding = files.length;
    const refused = await addFiles(id, files, (left) => (this.adding = left));
    this.adding = 0;
    this.errors = refused;
    announce(t("screening.added", { count: files.length - refused.length }));
    workspace().read();
  }

  /** @param {() => Promise<unknown>} work */
  async _do(work) {
    this.errors = [];
    try {
      await work();
    } catch (error) {
      this.errors = [sentenceOf(error)];
    }
  }
}

/** @param {string} problem code of the queue */
function problemSentence(problem) {
  if (hasText(`screening.problem.${problem}`)) return t(`screening.problem.${problem}`);
  return hasText(`rejected.what.${problem}`) ? fileSentence(problem) : t("screening.problem_unknown");
}

customElements.define("bl-screening-examination", ExaminationView);
