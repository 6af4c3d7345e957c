/** One examination of the upload: its patient, its files with their progress, and what is missing. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { path } from "../../shared/api.js";
import { href } from "../../shared/router.js";
import { t } from "../../shared/texts.js";
import { isId } from "./dropped_files.js";
import { fileRow } from "./file_row.js";

/** @typedef {import("./queue.js").Examination} Examination */
/** @typedef {import("./queue.js").UploadQueue} UploadQueue */

/** @param {Examination} examination @param {UploadQueue} queue */
export function examinationCard(examination, queue) {
  const { items, isStarted } = examination;
  return html`<section class="card upload-card" aria-labelledby="title-${examination.id}">
    <div class="title-line">
      <h2 id="title-${examination.id}">${examination.folder || t("upload.no_folder")}</h2>
      <span class="soft">${t("upload.images", { count: items.length })}</span>
    </div>
    ${isStarted ? sentTo(examination) : form(examination, queue)}
    <ul class="upload-files">${repeat(items, (one) => one.id, (one) => fileRow(examination, one, queue))}</ul>
    ${isStarted ? outcome(examination, queue) : actions(examination, queue)}
  </section>`;
}

/** @param {Examination} examination */
function sentTo({ patient }) {
  return html`<p>${t("column.patient")}: <strong class="id">${patient}</strong></p>`;
}

/** @param {Examination} examination @param {UploadQueue} queue */
function form(examination, queue) {
  const { id, patient, pixelSizeUm, takenAt, isExisting } = examination;
  const isWrong = patient !== "" && !isId(patient);
  const onPatient = (/** @type {any} */ event) => queue.change(examination, { patient: event.target.value.trim() });
  const onSize = (/** @type {any} */ event) => queue.change(examination, { pixelSizeUm: readSize(event.target) });
  const onTaken = (/** @type {any} */ event) => queue.change(examination, { takenAt: readTime(event.target.value) });
  return html`<div class="upload-form">
    <div class="field">
      <label for="patient-${id}">${t("upload.patient")}</label>
      <input id="patient-${id}" class="id" required autocomplete="off" autocapitalize="off" spellcheck="false" .value=${patient}
        ?readonly=${isExisting} aria-invalid=${isWrong} aria-describedby="patient-hint-${id}" @input=${onPatient} />
      <p id="patient-hint-${id}" class=${isWrong ? "error" : "hint"}>${t(isWrong ? "filter.patient_error" : "upload.patient_hint")}</p>
    </div>
    <div class="field">
      <label for="size-${id}">${t("upload.pixel_size")}</label>
      <input id="size-${id}" type="number" min="0.01" max="10" step="any" inputmode="decimal" .value=${pixelSizeUm === null ? "" : String(pixelSizeUm)} @change=${onSize} />
      <p class="hint">${t("upload.pixel_size_hint")}</p>
    </div>
    <div class="field">
      <label for="taken-${id}">${t("upload.taken")}</label>
      <input id="taken-${id}" type="datetime-local" .value=${localTime(takenAt)} max=${localTime(new Date().toISOString())} @change=${onTaken} />
      <p class="hint">${t("upload.taken_hint")}</p>
    </div>
  </div>`;
}

/** @param {Examination} examination @param {UploadQueue} queue */
function actions(examination, queue) {
  const ready = examination.items.filter(({ state }) => state === "waiting").length;
  const isChecking = examination.items.some(({ state }) => state === "checking");
  const mayStart = ready > 0 && !isChecking && isId(examination.patient);
  const start = () => {
    if (mayStart) queue.start(examination);
    else document.getElementById(`patient-${examination.id}`)?.focus();
  };
  return html`<div class="upload-actions">
    <button class="primary" aria-disabled=${!mayStart} @click=${start}>${t("upload.send", { count: ready })}</button>
    <button @click=${() => queue.discard(examination)}>${t("upload.discard")}</button>
    ${isId(examination.patient) ? nothing : html`<span class="soft">${t("upload.patient_first")}</span>`}
  </div>`;
}

/** Say what has arrived, and what is missing. @param {Examination} examination @param {UploadQueue} queue */
function outcome(examination, queue) {
  const count = (/** @type {string[]} */ ...states) => examination.items.filter(({ state }) => states.includes(state)).length;
  const arrived = count("stored", "answered");
  const failed = examination.items.filter(({ state }) => state === "failed");
  const rejected = examination.items.filter(({ state, reason }) => state === "answered" && reason !== null).length;
  const unsent = examination.items.filter(({ state }) => state === "refused").length;
  if (count("checking", "waiting", "sending") > 0) {
    return html`<p class="upload-sum" role="status">${t("upload.arrived_so_far", { arrived, total: examination.items.length })}</p>`;
  }
  const open = href(path`/patients/${examination.patient}/examinations/${examination.id}`);
  return html`<div class="note ${failed.length > 0 ? "error" : unsent > 0 || rejected > 0 || arrived === 0 ? "caution" : "calm"}" role="status">
    <p>
      ${t("upload.arrived", { count: arrived })}
      ${rejected > 0 ? t("upload.rejected_of_them", { count: rejected }) : nothing}
      ${unsent > 0 ? t("upload.unsent", { count: unsent }) : nothing}
      ${failed.length > 0 ? t("upload.missing", { count: failed.length, names: failed.map(({ file }) => file.name).join(", ") }) : nothing}
    </p>
    ${failed.length > 0 ? html`<button class="small" @click=${() => failed.forEach((one) => queue.retry(one))}>${t("problem.retry")}</button>` : nothing}
    ${arrived > 0 ? html`<a class="button small" href=${open}>${t("keys.open")}</a>` : nothing}
    ${failed.length === 0 ? html`<button class="small" @click=${() => queue.discard(examination)}>${t("upload.clear")}</button>` : nothing}
  </div>`;
}

/** @param {HTMLInputElement} input */
function readSize(input) {
  const size = input.valueAsNumber;
  return input.checkValidity() && Number.isFinite(size) ? size : null;
}

/** @param {string} text */
function readTime(text) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) || time > new Date() ? null : time.toISOString();
}

/** Return a time as such an input has it. @param {string | null} iso */
function localTime(iso) {
  if (iso === null) return "";
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
