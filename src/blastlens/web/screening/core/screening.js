/**
 * What the page says of fields and examinations. It screens: it names no kind of leukemia, and never says that there is none.
 */

import { answerExamination, findingOf, isMalignant } from "./examination_answer.js";

/**
 * @typedef {object} Verdict what was read of a field on this device; the members are those of `blastlens classify --json`
 * @property {"CLASSIFIED" | "REJECTED" | "UNREAD"} status UNREAD: it cannot be read on this device, and is sent all the same
 * @property {string | null} reason why it was rejected (as in Python), or is unread: a key of the page's texts
 * @property {Record<string, number>} probabilities
 * @property {string[]} prediction_set
 * @property {any} [field]
 * @property {{name: string, version: string, digest: string} | null} [model]
 * @property {import("./examination_answer.js").Constants | null} [examination]
 */

/** @typedef {"waiting" | "suspicious" | "open" | "nothing" | "refused" | "unread"} FieldOutcome */
/** @typedef {"empty" | "waiting" | "suspicious" | "open" | "nothing" | "few_cells" | "unreadable" | "unread"} ExaminationOutcome */

/** @type {Record<string, FieldOutcome>} */
const OUTCOMES = { leukemia: "suspicious", uncertain: "open", harmless: "nothing" };

/** @param {Verdict | null} verdict @returns {FieldOutcome} */
export function screenField(verdict) {
  if (verdict === null) return "waiting";
  // The service will never get a damaged one.
  if (verdict.status === "REJECTED" || verdict.reason === "damaged") return "refused";
  if (verdict.status === "UNREAD") return "unread";
  // A verdict without labels is an internal error: it excludes nothing.
  return verdict.prediction_set.length === 0 ? "open" : OUTCOMES[findingOf(verdict.prediction_set)];
}

/**
 * @typedef {object} ExaminationScreening
 * @property {ExaminationOutcome} outcome
 * @property {number} fields
 * @property {number} waiting fields that are not read yet
 * @property {number} refused
 * @property {number} unread
 * @property {number} whiteCells
 * @property {number} missingCells
 * @property {number} moreFields how many more fields with as many white cells an answer needs; 0 where it has enough
 * @property {boolean} contradicts
 */

/** White cells per field, assumed where the fields that were read have none. */
const USUAL_CELLS = 9;

/**
 * Return what the fields of an examination show together.
 *
 * @param {(Verdict | null)[]} verdicts
 * @returns {ExaminationScreening}
 */
export function screenExamination(verdicts) {
  const kinds = verdicts.map(screenField);
  const count = (/** @type {FieldOutcome} */ kind) => kinds.filter((one) => one === kind).length;
  const counts = { fields: verdicts.length, waiting: count("waiting"), refused: count("refused"), unread: count("unread") };
  const read = verdicts.filter((one) => one !== null && one.status === "CLASSIFIED" && one.prediction_set.length > 0);
  const constants = read.findLast((one) => one?.examination)?.examination;
  const answer = constants ? answerExamination(alike(/** @type {Verdict[]} */ (read)), constants) : null;
  if (!answer || !constants) return { outcome: withoutAnswer(counts, kinds), ...counts, whiteCells: 0, missingCells: 0, moreFields: 0, contradicts: false };
  const cells = answer.whiteCells > 0 ? answer.whiteCells / read.length : USUAL_CELLS;
  return {
    outcome: outcomeOf(answer, counts.waiting),
    ...counts,
    whiteCells: answer.whiteCells,
    missingCells: answer.missingCells,
    moreFields: answer.missingCells > 0 ? Math.max(1, Math.ceil(answer.missingCells / cells)) : 0,
    contradicts: answer.contradicts,
  };
}

/**
 * Suspicion stands as soon as one field shows it; "nothing" waits until every field is read and there are enough cells.
 *
 * @param {import("./examination_answer.js").Answer} answer
 * @param {number} waiting
 * @returns {ExaminationOutcome}
 */
function outcomeOf(answer, waiting) {
  const outcome = OUTCOMES[findingOf(answer.predictionSet)];
  if (outcome !== "nothing") return /** @type {ExaminationOutcome} */ (outcome);
  if (waiting > 0) return "waiting";
  return answer.missingCells > 0 ? "few_cells" : "nothing";
}

/**
 * @param {{fields: number, waiting: number, unread: number}} counts
 * @param {FieldOutcome[]} kinds
 * @returns {ExaminationOutcome}
 */
function withoutAnswer({ fields, waiting, unread }, kinds) {
  if (kinds.includes("suspicious")) return "suspicious";
  if (kinds.includes("open") || kinds.includes("nothing")) return "open";
  if (fields === 0) return "empty";
  if (waiting > 0) return "waiting";
  return unread > 0 ? "unread" : "unreadable";
}

/**
 * Give all fields the labels of screening where they were read by packages with different labels.
 *
 * @param {Verdict[]} verdicts
 * @returns {import("./examination_answer.js").Prediction[]}
 */
function alike(verdicts) {
  const plain = verdicts.map((one) => ({ ...one, field: one.field ?? null }));
  const sets = new Set(plain.map((one) => Object.keys(one.probabilities).sort().join()));
  return sets.size === 1 ? plain : plain.map((one) => ({ ...one, ...mergeLabels(one.probabilities, one.prediction_set) }));
}

/** Merge every leukemia into "malignant" (domain/labels.py). @param {Record<string, number>} probabilities @param {string[]} labels */
export function mergeLabels(probabilities, labels) {
  const merged = { benign: probabilities.benign ?? 0, malignant: 0 };
  for (const [label, value] of Object.entries(probabilities)) if (isMalignant(label)) merged.malignant += value;
  return { probabilities: merged, prediction_set: [...new Set(labels.map((label) => (isMalignant(label) ? "malignant" : "benign")))] };
}
