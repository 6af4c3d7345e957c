/** Cells of a row of the worklist. */

import { html, nothing } from "lit";
import { mark } from "../../shared/marks.js";
import { formatTime, t } from "../../shared/texts.js";
import { addressOf } from "../frame/neighbours.js";
import { answerOf, screeningOf, statusOf, urgencyOf } from "./answer_words.js";

const COLUMNS = ["urgency", "patient", "answer", "status", "taken", "fields", "cells"];

export function headings() {
  return COLUMNS.map((one) => html`<span role="columnheader" class="c-${one}">${t(`column.${one}`)}</span>`);
}

/** @param {import("./rows.js").Row} row */
export function rowCells(row) {
  const [answer, status, urgency, screening] = [answerOf(row), statusOf(row), urgencyOf(row), screeningOf(row)];
  return html`
    <span role="cell" class="c-urgency">${mark(urgency.tone, urgency.text)}</span>
    <span role="cell" class="c-patient">
      <a href=${addressOf(row)} class="id">${row.patient}</a>
      ${row.isGone ? html`<span class="also">${t("worklist.gone")}</span>` : html`<span class="also id">${row.examination}</span>`}
    </span>
    <span role="cell" class="c-answer">${mark(answer.tone, answer.text)}<span class="also">${answer.also}</span></span>
    <span role="cell" class="c-status">${mark(status.tone, status.text)}${screening ? mark(screening.tone, screening.text) : nothing}</span>
    <span role="cell" class="c-taken numeric"><span class="name">${t("column.taken")}</span>${formatTime(row.takenAt)}</span>
    <span role="cell" class="c-fields numeric"><span class="name">${t("column.fields")}</span>${fields(row)}</span>
    <span role="cell" class="c-cells numeric"><span class="name">${t("column.cells")}</span>${row.whiteCells ?? "–"}</span>
  `;
}

/** @param {import("./rows.js").Row} row */
function fields(row) {
  const missing = row.declared === null ? 0 : row.declared - row.read - row.rejected;
  const also = [
    row.rejected > 0 ? t("fields.refused", { count: row.rejected }) : "",
    missing > 0 ? t("fields.missing", { count: missing }) : "",
  ].filter(Boolean);
  return html`${row.read}${also.length > 0 ? html`<span class="also">${also.join(", ")}</span>` : nothing}`;
}
