/** Labels of a smear, with the values of records and of `--json` (domain/labels.py). */

/** @typedef {"benign" | "early_pre_b" | "pre_b" | "pro_b" | "malignant"} Label */

/** Labels of the data set, in the order of a model's outputs. @type {readonly Label[]} */
export const LABELS = Object.freeze(["benign", "early_pre_b", "pre_b", "pro_b"]);

/** Labels of a screening model, in the order of its outputs. @type {readonly Label[]} */
export const SCREENING_LABELS = Object.freeze(["benign", "malignant"]);

/** Every set of labels that a model may have, each in its order. */
export const LABEL_SETS = Object.freeze([LABELS, SCREENING_LABELS]);
