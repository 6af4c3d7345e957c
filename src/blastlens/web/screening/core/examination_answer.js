/**
 * Answer of an examination from the verdicts of its fields, by the rule of domain/examination_answer.py.
 *
 * The service computes it again from the images that it receives; this one is for the person at the microscope.
 */

import { exceedsChance } from "../../reading/domain/chance.js";

/**
 * @typedef {object} Constants section `examination` of the package's manifest
 * @property {number} least_white_cells
 * @property {number} clip
 * @property {number} correlation
 * @property {number} set_threshold
 * @property {number} benign_blasts
 * @property {number} significance
 * @property {number} open_share
 * @property {number} floor
 */

/**
 * @typedef {object} Prediction the verdict of a field that was read
 * @property {Record<string, number>} probabilities
 * @property {string[]} prediction_set
 * @property {{white_cells: number, blasts: number, cautions: string[]} | null} field
 */

/**
 * @typedef {object} Answer
 * @property {Record<string, number>} probabilities
 * @property {string[]} predictionSet most probable first
 * @property {number} whiteCells in all fields
 * @property {number} blasts those that look like leukemic lymphoblasts
 * @property {boolean} contradicts whether some fields show benign alone and others leukemia alone
 * @property {number} missingCells how many more white cells an answer needs
 */

const LEAST = 1e-6;
const DIGITS = 12;

/** Whether a label is a leukemia: every label is but benign. @param {string} label */
export function isMalignant(label) {
  return label !== "benign";
}

/** Return what a prediction set shows. @param {string[]} labels @returns {"harmless" | "leukemia" | "uncertain"} */
export function findingOf(labels) {
  const kinds = new Set(labels.map(isMalignant));
  return kinds.size > 1 ? "uncertain" : kinds.has(true) ? "leukemia" : "harmless";
}

/**
 * Return the answer to an examination; null where no field could be read.
 *
 * @param {Prediction[]} fields
 * @param {Constants} constants
 * @returns {Answer | null}
 */
export function answerExamination(fields, constants) {
  if (fields.length === 0) return null;
  let probabilities = combineFields(fields, constants);
  const labels = Object.keys(probabilities);
  const likely = new Set(labels.filter((label) => probabilities[label] >= constants.set_threshold));
  likely.add(likeliest(labels, probabilities));
  const [whiteCells, blasts] = [sumOf(fields, "white_cells"), sumOf(fields, "blasts")];
  const missingCells = Math.max(0, constants.least_white_cells - whiteCells);
  const added = [
    ...widen(fields, probabilities, likely, hasExcess(fields, whiteCells, blasts, constants)),
    ...keepOpen(fields, constants, missingCells > 0),
  ].filter((label) => !likely.has(label));
  if (added.length > 0) {
    for (const label of added) likely.add(label);
    probabilities = raiseToFloor(probabilities, [...likely], constants.floor);
  }
  const findings = new Set(fields.map((one) => findingOf(one.prediction_set)));
  const order = labels.filter((label) => likely.has(label)).sort((one, other) => probabilities[other] - probabilities[one]);
  return {
    probabilities: Object.fromEntries(labels.map((label) => [label, Number(probabilities[label].toFixed(DIGITS))])),
    predictionSet: order,
    whiteCells,
    blasts,
    contradicts: findings.has("harmless") && findings.has("leukemia"),
    missingCells,
  };
}

/** @param {Prediction[]} fields @param {Constants} constants @returns {Record<string, number>} */
function combineFields(fields, constants) {
  const least = Math.max(constants.clip, LEAST);
  const weight = 1 / (1 + (fields.length - 1) * constants.correlation);
  const labels = Object.keys(fields[0].probabilities);
  const logits = labels.map((label) => weight * fields.reduce((sum, one) => sum + Math.log(Math.max(one.probabilities[label], least)), 0));
  const most = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - most));
  const total = powers.reduce((sum, one) => sum + one, 0);
  return Object.fromEntries(labels.map((label, place) => [label, powers[place] / total]));
}

/** @param {Prediction[]} fields @param {"white_cells" | "blasts"} name */
function sumOf(fields, name) {
  return fields.reduce((sum, one) => sum + (one.field?.[name] ?? 0), 0);
}

/** @param {Prediction[]} fields @param {number} whiteCells @param {number} blasts @param {Constants} constants */
function hasExcess(fields, whiteCells, blasts, constants) {
  const counts = [[blasts, whiteCells], ...fields.map((one) => [one.field?.blasts ?? 0, one.field?.white_cells ?? 0])];
  return counts.some(([count, number]) => exceedsChance(count, number, constants.benign_blasts, constants.significance));
}

/**
 * Return the labels that single fields, or too many blasts, add to the set.
 *
 * @param {Prediction[]} fields
 * @param {Record<string, number>} probabilities
 * @param {Set<string>} likely
 * @param {boolean} excess
 */
function widen(fields, probabilities, likely, excess) {
  const alone = (/** @type {string} */ finding) => fields.filter((one) => findingOf(one.prediction_set) === finding).flatMap((one) => one.prediction_set);
  const added = alone("harmless");
  const shown = alone("leukemia");
  if ([...likely].some(isMalignant)) return added;
  const leukemias = shown.length > 0 ? Object.keys(probabilities).filter((one) => shown.includes(one)) : Object.keys(probabilities).filter(isMalignant);
  return shown.length > 0 || excess ? [...added, likeliest(leukemias, probabilities)] : added;
}

/**
 * Return the labels that more than `open_share` of the fields cannot exclude.
 *
 * @param {Prediction[]} fields
 * @param {Constants} constants
 * @param {boolean} isShort whether the examination has too few white cells
 */
function keepOpen(fields, constants, isShort) {
  const counted = fields.filter((one) => isShort || !one.field?.cautions.includes("few_cells"));
  const most = constants.open_share * counted.length;
  return Object.keys(fields[0].probabilities).filter((label) => counted.filter((one) => one.prediction_set.includes(label)).length > most);
}

/** @param {string[]} labels @param {Record<string, number>} probabilities */
function likeliest(labels, probabilities) {
  return labels.reduce((best, one) => (probabilities[one] > probabilities[best] ? one : best));
}

/** @param {Record<string, number>} probabilities @param {string[]} labels @param {number} wanted */
function raiseToFloor(probabilities, labels, wanted) {
  const even = 1 / labels.length;
  const least = Math.min(...labels.map((label) => probabilities[label]));
  const floor = Math.min(wanted, 0.99 * even);
  const share = least < floor ? (floor - least) / (even - least) : 0;
  return Object.fromEntries(
    Object.entries(probabilities).map(([label, value]) => [label, (1 - share) * value + (labels.includes(label) ? share * even : 0)]),
  );
}
