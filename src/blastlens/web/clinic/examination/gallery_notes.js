/** Notes above the gallery of cells, each with its next step. */

import { html, nothing } from "lit";
import { messageOf } from "../../shared/problem.js";
import { t } from "../../shared/texts.js";

/** Fields whose cells are read with each step, where there are very many. */
const MORE_FIELDS = 200;

/**
 * Return what a reader has to know of the cells that are shown: what is not stored, not read, or missing.
 *
 * @param {import("./examination_store.js").ExaminationStore} store
 * @param {number} missing fields whose image could not be loaded
 * @param {() => void} onRetry
 */
export function galleryNotes(store, missing, onRetry) {
  const { moves, cellPages, examination } = store;
  const total = examination.fields.read;
  const lost = [...store.cellFields.values()].filter((one) => one.missing).length;
  return html`
    ${moves.fault && moves.waiting.length
      ? html`<div class="note caution" role="alert"><p>${t("gallery.unsent", { count: moves.waiting.length })}</p><button class="small" @click=${() => moves.flush()}>${t("problem.retry")}</button></div>`
      : nothing}
    ${moves.fault && !moves.waiting.length
      ? html`<div class="note error" role="alert"><p>${t("gallery.refused", { message: messageOf(moves.fault) })}</p></div>`
      : nothing}
    ${cellPages.error
      ? html`<div class="note error"><p>${t("gallery.unread", { message: messageOf(cellPages.error) })}</p><button class="small" @click=${() => cellPages.load()}>${t("problem.retry")}</button></div>`
      : cellPages.isComplete ? nothing : progress(store, total)}
    ${lost ? html`<div class="note caution"><p>${t("gallery.lost", { count: lost })}</p></div>` : nothing}
    ${missing
      ? html`<div class="note caution"><p>${t("gallery.pictures_missing", { count: missing })}</p><button class="small" @click=${onRetry}>${t("problem.retry")}</button></div>`
      : nothing}
  `;
}

/** @param {import("./examination_store.js").ExaminationStore} store @param {number} total fields with cells */
function progress({ cellPages, cellFields }, total) {
  const counts = { count: cellFields.size, total: Math.max(total, cellFields.size) };
  if (cellPages.running) return html`<p class="exam-small" role="status">${t("gallery.loading", counts)}</p>`;
  const more = () => cellPages.load(cellPages.items.length + MORE_FIELDS);
  return html`<div class="note"><p>${t("gallery.part", counts)}</p><button class="small" @click=${more}>${t("gallery.read_more")}</button></div>`;
}
