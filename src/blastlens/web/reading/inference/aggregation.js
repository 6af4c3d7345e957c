/** Aggregation: the answer to a field from its white cells and windows (inference/aggregation.py). */

import { exceedsChance } from "../domain/chance.js";
import { CAUTIONS } from "../domain/field_summary.js";
import { greatestIndex } from "../imaging/numbers.js";
import { meanLogarithm, measureDistance, nameCells } from "./evidence.js";
import { orderByProbability, predictionSet, softmax } from "./uncertainty.js";

/**
 * Constants of the rule, by the names of the manifest (docs/adr/0040; inference/aggregation.py describes each).
 *
 * @typedef {object} AggregationSettings
 * @property {number} cells_weight
 * @property {number} windows_weight
 * @property {number} half_cells
 * @property {number} clip
 * @property {number} set_threshold
 * @property {number} coverage
 * @property {number} least_cells
 * @property {number} least_named
 * @property {number} named_share
 * @property {number} blast_probability
 * @property {number} benign_blasts
 * @property {number} significance
 * @property {number} disagreement
 * @property {number} least_benign
 * @property {number} far
 * @property {number} floor
 * @property {number} greatest_error
 */

/** @typedef {import("./evidence.js").Evidence} Evidence */

/**
 * @typedef {object} FieldAnswer
 * @property {number[]} probabilities calibrated; labels of the set that a caution put there have at least the floor
 * @property {number[]} predictionSet indices of the labels that cannot be excluded, most probable first
 * @property {string[]} cautions why the set was widened, and those given; each once, in the order of `CAUTIONS`
 */

/** Cautions with which the set holds every label. */
const OPENING = ["scale_uncertain", "scales_disagree", "unlike_training"];

/** Cautions with which the set holds benign and the likeliest leukemia at least. */
const QUESTIONING = ["few_cells", "unnamed_cells"];

/** Share of the probability that the labels of a set may have together by the floor. */
const MOST_RAISED = 0.99;

/**
 * Return the rule of a package without one: the mean of its windows, rejected beyond the distance limit.
 *
 * @param {number} setThreshold
 * @param {number} coverage
 * @returns {AggregationSettings}
 */
export function windowsAlone(setThreshold, coverage) {
  return {
    cells_weight: 0,
    windows_weight: 1,
    half_cells: 0,
    clip: 1e-30,
    set_threshold: setThreshold,
    coverage,
    least_cells: 0,
    least_named: 0.5,
    named_share: 0,
    blast_probability: 1,
    benign_blasts: 1,
    significance: 0.01,
    disagreement: 1,
    least_benign: 0,
    far: 1,
    floor: 0,
    greatest_error: 1,
  };
}

/**
 * Return the field's probabilities before any caution.
 *
 * Its logits are a weighted sum of two means of log-probabilities: over the windows, and over the named cells. The fewer
 * named cells, the less they count.
 *
 * @param {Evidence} evidence
 * @param {AggregationSettings} settings
 * @returns {number[]}
 */
export function combine(evidence, settings) {
  const classes = evidence.windows[0].length;
  const windows = meanLogarithm(evidence.windows, settings.clip, classes);
  const logits = windows.map((value) => settings.windows_weight * value);
  const cells = nameCells(evidence, settings);
  if (cells !== null && cells.named.length > 0) {
    const share = cells.named.length / (cells.named.length + settings.half_cells);
    const means = meanLogarithm(cells.named, settings.clip, classes);
    means.forEach((value, index) => (logits[index] += settings.cells_weight * share * value));
  }
  return softmax(logits);
}

/**
 * Return the answer to a field. The first class is benign, every other a leukemia.
 *
 * @param {Evidence} evidence
 * @param {AggregationSettings} settings
 * @returns {FieldAnswer}
 */
export function aggregate(evidence, settings) {
  const probabilities = combine(evidence, settings);
  const found = new Set([...evidence.cautions, ...findCautions(evidence, settings)]);
  const likely = new Set(predictionSet(probabilities, settings.set_threshold));
  const added = listOpened(evidence, settings, probabilities, found);
  const disputed = dispute(evidence, settings, probabilities, likely);
  if ([...disputed].some((label) => !likely.has(label) && !added.has(label))) {
    found.add("models_disagree");
    for (const label of disputed) added.add(label);
  }
  for (const label of added) likely.add(label);
  const raised = added.size > 0 ? raiseToFloor(probabilities, [...likely], settings.floor) : probabilities;
  return {
    probabilities: raised,
    predictionSet: orderByProbability(raised).filter((index) => likely.has(index)),
    cautions: CAUTIONS.filter((caution) => found.has(caution)),
  };
}

/**
 * Return the labels that cautions put into the set.
 *
 * @param {Evidence} evidence
 * @param {AggregationSettings} settings
 * @param {readonly number[]} probabilities
 * @param {ReadonlySet<string>} found
 * @returns {Set<number>}
 */
function listOpened(evidence, settings, probabilities, found) {
  const hasNoName = nameCells(evidence, settings)?.named.length === 0;
  if (evidence.isOpen || hasNoName || OPENING.some((caution) => found.has(caution))) return new Set(probabilities.keys());
  return QUESTIONING.some((caution) => found.has(caution)) ? new Set([0, likeliestLeukemia(probabilities)]) : new Set();
}

/**
 * Return the cautions that cells and distances give.
 *
 * @param {Evidence} evidence
 * @param {AggregationSettings} settings
 * @returns {string[]}
 */
function findCautions(evidence, settings) {
  const found = measureDistance(evidence) > 1 ? ["unlike_training"] : [];
  const cells = nameCells(evidence, settings);
  if (cells === null) return found;
  const named = cells.named.length;
  if (named === 0 || named < settings.named_share * cells.white) return [...found, "unnamed_cells"];
  return named < settings.least_cells ? [...found, "few_cells"] : found;
}

/**
 * Return the labels to add to a set of leukemias without benign, or to benign alone.
 *
 * Benign joins where cells or windows alone are sure of it. A leukemia joins benign where cells or windows alone point
 * to it, where benign is not probable enough, or where more cells look like blasts than in any benign field.
 *
 * @param {Evidence} evidence
 * @param {AggregationSettings} settings
 * @param {readonly number[]} probabilities
 * @param {ReadonlySet<number>} likely
 * @returns {Set<number>}
 */
function dispute(evidence, settings, probabilities, likely) {
  const cells = nameCells(evidence, settings);
  if (cells === null) return new Set();
  const average = (/** @type {readonly (readonly number[])[]} */ rows) =>
    meanLogarithm(rows, settings.clip, probabilities.length);
  const parts = [cells.named, evidence.windows].filter((rows) => rows.length > 0).map((rows) => softmax(average(rows)));
  if (!likely.has(0)) return new Set(parts.some(([benign]) => benign >= settings.disagreement) ? [0] : []);
  if (likely.size > 1) return new Set();
  const added = new Set(parts.filter(([benign]) => benign <= 0.5).map(greatestIndex));
  if (probabilities[0] < settings.least_benign) added.add(likeliestLeukemia(probabilities));
  const blasts = cells.named.filter((_, index) => cells.blasts[index]);
  if (exceedsChance(blasts.length, cells.white, settings.benign_blasts, settings.significance)) {
    added.add(likeliestLeukemia(average(blasts)));
  }
  return added;
}

/** @param {readonly number[]} values */
function likeliestLeukemia(values) {
  return 1 + greatestIndex(values.slice(1));
}

/**
 * Mix probabilities with equal ones for `labels` until each of these has the floor; their order stays.
 *
 * @param {readonly number[]} probabilities
 * @param {readonly number[]} labels
 * @param {number} floor
 * @returns {number[]}
 */
function raiseToFloor(probabilities, labels, floor) {
  const even = 1 / labels.length;
  const least = Math.min(...labels.map((label) => probabilities[label]));
  const wanted = Math.min(floor, MOST_RAISED / labels.length);
  if (least >= wanted) return [...probabilities];
  const share = (wanted - least) / (even - least);
  return probabilities.map((value, index) => (1 - share) * value + share * (labels.includes(index) ? even : 0));
}
