/** What was read of a field, and its white cells, with the values of records and of `--json` (domain/field.py). */

/** Why a prediction set was widened, or what of a field was left out, most important first. */
export const CAUTIONS = Object.freeze([
  "few_cells",
  "unnamed_cells",
  "scale_uncertain",
  "scales_disagree",
  "declared_unusable",
  "models_disagree",
  "unlike_training",
  "area_left_out",
  "part_read",
]);

/** Kinds of a white cell: the labels of the data set, and any other white cell. */
export const CELL_KINDS = Object.freeze(["benign", "early_pre_b", "pre_b", "pro_b", "other_white"]);

/** Blast probabilities between these two are uncertain: a person has to look at such a cell before signing. */
export const UNCERTAIN = Object.freeze([0.1, 0.9]);

/**
 * What was read of a field. Numbers of windows and cells are 0 before the models ran.
 *
 * @typedef {object} FieldSummary
 * @property {import("./field.js").PixelSize} pixelSize the pixel size that it was read at
 * @property {number} windows
 * @property {number} whiteCells
 * @property {readonly string[]} cautions each once
 * @property {number} unnamedCells white cells that the model cannot name
 * @property {number} blasts white cells that look like leukemic lymphoblasts
 * @property {Record<string, number>} kinds number of white cells of each kind that occurs
 * @property {number | null} uncertainCells white cells that a person has to look at
 */

/**
 * Return the summary of a field of which nothing but its scale is known.
 *
 * @param {import("./field.js").PixelSize} pixelSize
 * @param {readonly string[]} cautions
 * @returns {FieldSummary}
 */
export function startSummary(pixelSize, cautions) {
  return { pixelSize, windows: 0, whiteCells: 0, cautions, unnamedCells: 0, blasts: 0, kinds: {}, uncertainCells: null };
}

/** Return how many cells there are of each kind that occurs, in the order of `CELL_KINDS`. @param {readonly string[]} kinds */
export function countKinds(kinds) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const kind of CELL_KINDS) {
    const count = kinds.filter((one) => one === kind).length;
    if (count > 0) counts[kind] = count;
  }
  return counts;
}

/** Convert a field to one JSON object, by the data contract; null stays null. @param {FieldSummary | null} summary */
export function toPlainField(summary) {
  if (summary === null) return null;
  const { um, source, relativeError } = summary.pixelSize;
  return {
    pixel_size_um: um,
    pixel_size_from: source,
    pixel_size_error: Number.isFinite(relativeError) ? relativeError : null,
    windows: summary.windows,
    white_cells: summary.whiteCells,
    unnamed_cells: summary.unnamedCells,
    blasts: summary.blasts,
    kinds: summary.kinds,
    uncertain_cells: summary.uncertainCells,
    cautions: [...summary.cautions],
  };
}
