/** Classes of cells and conclusions, with their keys, in the order in which they are shown. */

/** Classes of a cell that a person can choose; the key of each is its place, 1 to 6. @type {readonly string[]} */
export const KINDS = Object.freeze(["benign", "early_pre_b", "pre_b", "pro_b", "other_white", "not_a_cell"]);

/** Class of what is no white cell: it does not count. */
export const NOT_A_CELL = "not_a_cell";

/** Kinds that are leukemic lymphoblasts. */
export const BLAST_KINDS = Object.freeze(["early_pre_b", "pre_b", "pro_b"]);

/** Conclusions that a clinician may sign. */
export const CONCLUSIONS = Object.freeze([
  "benign",
  "no_leukemia",
  "early_pre_b",
  "pre_b",
  "pro_b",
  "malignant",
  "other_disease",
  "not_assessable",
]);

/** Conclusions after which the page says that leukemia is not ruled out. */
export const HARMLESS_CONCLUSIONS = Object.freeze(["benign", "no_leukemia"]);

/** @param {string} kind */
export function isBlast(kind) {
  return BLAST_KINDS.includes(kind);
}

/**
 * Return the kind of a key, null for every other key.
 * @param {string} key `KeyboardEvent.key`
 */
export function kindOfKey(key) {
  return /^[1-6]$/.test(key) ? KINDS[Number(key) - 1] : null;
}
