/** Answers and states of examinations in words, and the tones of their marks. A benign answer never stands alone. */

import { hasText, t } from "../../shared/texts.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../../shared/marks.js").Tone} Tone */

/**
 * Return what an examination says, in one line: the signed conclusion where there is one, else the computed answer.
 *
 * @param {Row} row
 * @returns {{tone: Tone, text: string, also: string}} `also` is a second line; it may be empty.
 */
export function answerOf(row) {
  if (row.held) return { tone: "caution", text: t("answer.held"), also: t("answer.held_also") };
  const signed = isSigned(row) ? row.signature?.conclusion : null;
  if (signed) return { tone: toneOfConclusion(signed), text: conclusionTitle(signed), also: t("answer.signed_also", { name: row.signature?.signedBy ?? "" }) };
  if (row.status === "OPEN") return { tone: "soft", text: t("answer.open"), also: computed(row) };
  if (row.predictionSet.length > 0 && row.finding !== "insufficient") return computedAnswer(row);
  return { tone: "unknown", text: t(row.read === 0 ? "answer.unreadable" : "answer.few_cells"), also: t("answer.nothing_ruled_out") };
}

/** @param {Row} row @returns {{tone: Tone, text: string, also: string}} */
function computedAnswer(row) {
  const names = namesOf(row);
  if (row.contradicts) return { tone: "high", text: t("answer.contradicts"), also: t("answer.not_ruled_out", { classes: names }) };
  if (row.finding === "uncertain") return { tone: "caution", text: t("answer.uncertain"), also: t("answer.not_ruled_out", { classes: names }) };
  if (row.finding === "leukemia") return { tone: "high", text: names, also: t("answer.computed") };
  return { tone: "calm", text: names, also: t("answer.benign_also") };
}

/** @param {Row} row */
function computed(row) {
  if (row.predictionSet.length === 0) return "";
  return t("answer.so_far", { classes: namesOf(row) });
}

/** Names of the classes that are possible, benign last: a line that is cut off must not leave it alone. @param {Row} row */
function namesOf(row) {
  const last = (/** @type {string} */ label) => Number(label === "benign");
  return row.predictionSet.toSorted((one, other) => last(one) - last(other)).map(conclusionTitle).join(", ");
}

/** Return the name of a class or conclusion; one that the page does not know is shown as it is. @param {string} conclusion */
export function conclusionTitle(conclusion) {
  return hasText(`conclusion.${conclusion}`) ? t(`conclusion.${conclusion}`) : conclusion;
}

/** @param {string} conclusion @returns {Tone} */
export function toneOfConclusion(conclusion) {
  if (["benign", "no_leukemia"].includes(conclusion)) return "calm";
  return conclusion === "not_assessable" ? "unknown" : "high";
}

/** @param {Row} row */
function isSigned(row) {
  return row.status === "SIGNED" || row.status === "AMENDED";
}

/** Return an examination's state. @param {Row} row @returns {{tone: Tone, text: string}} */
export function statusOf(row) {
  if (row.held) return { tone: "caution", text: t("status.HELD") };
  if (row.lateFields) return { tone: "caution", text: t("status.LATE") };
  if (isSigned(row)) return { tone: "calm", text: t(`status.${row.status}`) };
  return { tone: toneOfStatus(row.status), text: hasText(`status.${row.status}`) ? t(`status.${row.status}`) : row.status };
}

/** @param {string} status @returns {Tone} */
function toneOfStatus(status) {
  if (status === "OPEN") return "soft";
  return status === "READY" ? "todo" : "unknown";
}

/** Return how soon an examination has to be read. @param {Row} row @returns {{tone: Tone, text: string}} */
export function urgencyOf(row) {
  if (isSigned(row) && !row.lateFields) return { tone: "soft", text: t("urgency.done") };
  if (row.urgency === "high") return { tone: "high", text: t("urgency.high") };
  return row.urgency === "routine" ? { tone: "calm", text: t("urgency.routine") } : { tone: "unknown", text: t("urgency.unknown") };
}

/**
 * Return that the screening at the microscope and the answers differ; null where they do not. Once signed, nothing is to be done about it.
 *
 * @param {Row} row
 * @returns {{tone: Tone, text: string} | null}
 */
export function screeningOf(row) {
  if (!row.screeningDiffers) return null;
  return { tone: isSigned(row) && !row.lateFields ? "soft" : "caution", text: t("screening.differs") };
}
