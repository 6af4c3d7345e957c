/** Kinds of white cells and conclusions, with their keys, in the order in which they are shown. */

/** @type {readonly string[]} kinds of a cell; the key of each is its place, 1 to 5 */
export const KINDS = Object.freeze(["benign", "early_pre_b", "pre_b", "pro_b", "other_white"]);

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
  return /^[1-5]$/.test(key) ? KINDS[Number(key) - 1] : null;
}
