/** Outcomes and states in words and marks. Each says screening, and none says that there is no leukemia. */

import { html, nothing } from "lit";
import { mark } from "../../shared/marks.js";
import { hasText, t } from "../../shared/texts.js";
import { fileSentence } from "../core/sentences.js";
import { screenField } from "../core/screening.js";
import { screen, verdictOf } from "../workspace.js";

/** @typedef {import("../../shared/marks.js").Tone} Tone */

/** "Nothing suspicious" has no green circle: nobody shall read it as an all-clear. @type {Record<string, Tone>} */
const TONES = {
  damaged: "high", suspicious: "high", open: "caution", nothing: "soft", refused: "unknown", unread: "unknown", waiting: "todo",
  few_cells: "unknown", unreadable: "unknown", empty: "soft",
};

/** @type {Record<string, Tone>} */
const STATES = { open: "todo", queued: "todo", sending: "todo", sent: "calm", failed: "high" };

/** Return the mark of a field's outcome. @param {import("../workspace.js").Field} field */
export function fieldMark(field) {
  return mark(TONES[outcomeOf(field)], fieldWords(field));
}

/** Return a field's outcome in words. @param {import("../workspace.js").Field} field @returns {string} */
export function fieldWords(field) {
  return t(`screening.field.${outcomeOf(field)}`);
}

/** @param {import("../workspace.js").Field} field */
function outcomeOf(field) {
  const verdict = verdictOf(field);
  return verdict?.reason === "damaged" ? "damaged" : screenField(verdict);
}

/** Return why a field was refused or not read, and what to do; empty for others. @param {import("../workspace.js").Field} field @returns {string} */
export function fieldReason(field) {
  const verdict = verdictOf(field);
  const reason = verdict?.reason ?? "";
  if (verdict?.status === "UNREAD") return hasText(`screening.unread.${reason}`) ? t(`screening.unread.${reason}`) : t("screening.unread.failed");
  if (verdict?.status !== "REJECTED" || !hasText(`rejected.what.${reason}`)) return "";
  return fileSentence(reason);
}

/** Return the mark of an examination's outcome. @param {import("../workspace.js").Examination} examination */
export function outcomeMark(examination) {
  const { outcome } = screen(examination);
  return mark(TONES[outcome], t(`screening.outcome.${outcome}`));
}

/** Return the mark of an examination's state. @param {import("../workspace.js").Examination} examination */
export function stateMark({ state }) {
  return mark(STATES[state], t(`screening.state.${state}`));
}

/**
 * Return what is found in an examination so far, with the next step.
 *
 * @param {import("../workspace.js").Examination} examination
 */
export function outcomePanel(examination) {
  const found = screen(examination);
  const { outcome, waiting, refused, unread, whiteCells, missingCells, moreFields } = found;
  const read = found.fields - waiting - refused - unread;
  return html`<section class="outcome outcome-${TONES[outcome]}" aria-labelledby="outcome" aria-live="polite">
    <h2 id="outcome">${outcomeMark(examination)}</h2>
    <p class="outcome-next">${examination.state === "open" ? t(`screening.next.${outcome}`, { count: moreFields }) : t(`screening.then.${outcome}`)}</p>
    ${found.contradicts ? html`<p>${t("screening.contradicts")}</p>` : nothing}
    ${examination.state === "open" && missingCells > 0 && outcome !== "few_cells" && outcome !== "waiting" ? html`<p>${t("screening.also_few_cells", { count: missingCells })}</p>` : nothing}
    <p class="soft">${t("screening.counts", { read, fields: found.fields, cells: whiteCells })}
      ${waiting > 0 ? t("screening.counts_waiting", { count: waiting }) : ""} ${refused > 0 ? t("screening.counts_refused", { count: refused }) : ""}
      ${unread > 0 ? t("screening.counts_unread", { count: unread }) : ""}</p>
  </section>`;
}
