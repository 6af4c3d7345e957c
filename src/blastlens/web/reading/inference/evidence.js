/** Evidence of a field, and what its white cells say (the first part of inference/aggregation.py). */

/** Number of classes of the cell model that are labels: its first ones. *Other white* and *not white* follow. */
export const NAMED = 4;

const NOT_WHITE = 5;
const LEAST = 1e-30;

/**
 * What the models found in one field.
 *
 * @typedef {object} Evidence
 * @property {readonly number[][]} windows calibrated probabilities of the windows that were read
 * @property {readonly number[]} distances of each from the training data as a multiple of its limit; 0 without a limit
 * @property {readonly (readonly number[])[] | null} cells probabilities (N, 6) of the cell model; null without one
 * @property {readonly string[]} cautions what was found before the models ran; those about the scale widen the set
 * @property {boolean} isOpen whether the set must hold every label for another reason, such as an overexposed image
 */

/**
 * The white cells of a field.
 *
 * @typedef {object} NamedCells
 * @property {number} white their number
 * @property {number[][]} named probabilities of those that can be named, given that they are one of the labels
 * @property {boolean[]} blasts which of these look like blasts
 */

/** @typedef {import("./aggregation.js").AggregationSettings} AggregationSettings */

/**
 * Return whether the model can name a white cell by one of the labels.
 *
 * @param {readonly number[]} cell probabilities (6)
 * @param {AggregationSettings} settings
 */
export function isNamed(cell, settings) {
  return sum(cell.slice(0, NAMED)) / Math.max(1 - cell[NOT_WHITE], LEAST) >= settings.least_named;
}

/** Return the probability of a malignant label, given that a cell is white. @param {ArrayLike<number>} cell */
export function measureBlastProbability(cell) {
  const blast = (cell[1] + cell[2] + cell[3]) / Math.max(1 - cell[NOT_WHITE], LEAST);
  return Math.min(Math.max(blast, 0), 1);
}

/**
 * Return how many white cells look like blasts.
 *
 * @param {readonly (readonly number[])[]} cells
 * @param {AggregationSettings} settings
 */
export function countBlasts(cells, settings) {
  return cells.filter((cell) => measureBlastProbability(cell) >= settings.blast_probability).length;
}

/** Return the field's distance from the training data: the windows' median. @param {Evidence} evidence */
export function measureDistance({ distances }) {
  return distances.length === 0 ? 0 : median(distances);
}

/**
 * Return the named cells with the classes of the windows; null without a cell model.
 *
 * @param {Evidence} evidence
 * @param {AggregationSettings} settings
 * @returns {NamedCells | null}
 */
export function nameCells(evidence, settings) {
  if (evidence.cells === null) return null;
  const four = evidence.cells
    .filter((cell) => isNamed(cell, settings))
    .map((cell) => {
      const labels = cell.slice(0, NAMED);
      const total = Math.max(sum(labels), LEAST);
      return labels.map((value) => value / total);
    });
  const isScreening = evidence.windows.length > 0 && evidence.windows[0].length === 2;
  return {
    white: evidence.cells.length,
    named: isScreening ? four.map(([benign, ...leukemias]) => [benign, sum(leukemias)]) : four,
    blasts: four.map(([benign]) => 1 - benign >= settings.blast_probability),
  };
}

/**
 * Return the mean of log-probabilities (N, C) over N; zeros for none.
 *
 * @param {readonly (readonly number[])[]} probabilities
 * @param {number} clip
 * @param {number} classes C
 * @returns {number[]}
 */
export function meanLogarithm(probabilities, clip, classes) {
  const totals = /** @type {number[]} */ (new Array(classes).fill(0));
  if (probabilities.length === 0) return totals;
  for (const row of probabilities) row.forEach((value, index) => (totals[index] += Math.log(Math.max(value, clip))));
  return totals.map((total) => total / probabilities.length);
}

/** Return the middle value, or the mean of the two middle ones; NaN where any is NaN. @param {readonly number[]} values */
export function median(values) {
  if (values.some(Number.isNaN)) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
