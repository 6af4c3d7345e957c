/** Upload: files and folders become examinations, which are checked, sent and followed until they are answered. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../../shared/announcements.js";
import { PageElement } from "../../shared/element.js";
import { t } from "../../shared/texts.js";
import { uploads } from "./current.js";
import { entriesOfDrop, entriesOfInput, groupByFolder, isId } from "./dropped_files.js";
import { examinationCard } from "./examination_card.js";

const IMAGES = "image/jpeg,image/png,image/bmp,image/tiff,.tif,.tiff,.bmp";

class UploadView extends PageElement {
  static properties = { route: {}, isOver: { state: true } };

  constructor() {
    super();
    /** @type {import("../../shared/router.js").Route | null} */
    this.route = null;
    this.isOver = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(uploads.onChange(() => this.requestUpdate()));
    // A file that is dropped beside the area would replace the page.
    const keep = (/** @type {Event} */ event) => event.preventDefault();
    addEventListener("dragover", keep);
    addEventListener("drop", keep);
    this.untilGone(() => removeEventListener("dragover", keep));
    this.untilGone(() => removeEventListener("drop", keep));
  }

  /** Patient and examination that the address names, as from a link of an examination with too few cells. */
  get _target() {
    const named = (/** @type {string} */ name) => this.route?.query.get(name) ?? "";
    const [patient, examination] = [named("patient"), named("examination")];
    return { patient: isId(patient) ? patient : "", examination: isId(patient) && isId(examination) ? examination : null };
  }

  /** @param {{path: string, file: File}[]} entries @param {string | null} takenAt */
  async _add(entries, takenAt = null) {
    const { patient, examination } = this._target;
    for (const group of groupByFolder(entries)) {
      const open = uploads.examinations.find((one) => one.folder === "" && group.folder === "" && !one.isStarted);
      if (open) {
        open.takenAt ??= takenAt;
        await uploads.addFiles(open, group.files);
        continue;
      }
      const isMore = examination !== null && !uploads.examinations.some((one) => one.id === examination);
      const added = await uploads.add({ ...group, patient: patient || group.patient, examination: isMore ? examination : null });
      added.takenAt = takenAt;
    }
    announce(t("upload.added", { count: entries.length }));
  }

  /** @param {DragEvent} event */
  async _onDrop(event) {
    event.preventDefault();
    this.isOver = false;
    if (event.dataTransfer) await this._add(await entriesOfDrop(event.dataTransfer));
  }

  /** @param {Event} event @param {boolean} isCamera */
  async _onChosen(event, isCamera = false) {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const entries = entriesOfInput(input.files ?? []);
    await this._add(entries, isCamera ? new Date().toISOString() : null);
    // The same file can be chosen again, as after it was exported anew.
    input.value = "";
  }

  render() {
    const { patient, examination } = this._target;
    return html`
      <h1>${t("upload.title")}</h1>
      ${examination ? html`<p class="note">${t("upload.more_fields", { patient, examination })}</p>` : nothing}
      <div
        class="drop ${this.isOver ? "is-over" : ""}"
        @dragover=${(/** @type {Event} */ event) => (event.preventDefault(), (this.isOver = true))}
        @dragleave=${() => (this.isOver = false)}
        @drop=${this._onDrop}
      >
        <p class="drop-what">${t("upload.drop")}</p>
        <p class="soft">${t("upload.drop_folders")}</p>
        <div class="drop-choices">
          ${this._choice("upload-files", t("upload.choose_files"), html`<input id="upload-files" type="file" multiple accept=${IMAGES} @change=${this._onChosen} />`)}
          ${this._choice("upload-folder", t("upload.choose_folder"), html`<input id="upload-folder" type="file" multiple webkitdirectory @change=${this._onChosen} />`)}
          ${this._choice("upload-camera", t("upload.take_photo"), html`<input id="upload-camera" type="file" accept="image/jpeg" capture="environment" @change=${(/** @type {Event} */ event) => this._onChosen(event, true)} />`)}
        </div>
        <p class="soft small">${t("upload.formats")}</p>
      </div>
      ${repeat(uploads.examinations, (one) => one.id, (one) => examinationCard(one, uploads))}
    `;
  }

  /** @param {string} id @param {string} label @param {unknown} input */
  _choice(id, label, input) {
    return html`<span class="file-choice">${input}<label class="button" for=${id}>${label}</label></span>`;
  }
}

customElements.define("bl-upload", UploadView);
