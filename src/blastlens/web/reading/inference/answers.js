/** Answers to fields, as lines of `blastlens classify --json` (cli/answer_formats.py), with cells and windows. */

import { toPlainField } from "../domain/field_summary.js";

/** @typedef {import("../imaging/quality.js").Quality} Quality */
/** @typedef {import("../domain/field_summary.js").FieldSummary} FieldSummary */
/** @typedef {import("./cell_reader.js").Cell} Cell */
/** @typedef {[number, number, number, number]} Box left, top, width and height in pixels of the upload */

/**
 * The answer to a field, with the names of `--json`.
 *
 * @typedef {object} FieldResult
 * @property {"CLASSIFIED" | "REJECTED"} status
 * @property {string | null} label
 * @property {Record<string, number>} probabilities
 * @property {string[]} prediction_set most probable first
 * @property {string | null} reason of a rejection
 * @property {string | null} message of a rejection, in English
 * @property {Quality | null} quality
 * @property {ReturnType<typeof toPlainField>} field
 * @property {import("./package.js").ModelIdentity} model
 * @property {Record<string, any> | null} examination constants of the package for the answer to all fields of a smear
 * @property {Cell[]} cells
 * @property {Box[]} windows
 */

const LARGEST_ERROR = 1e-4;

/** Makes the answers of one package. */
export class Answers {
  /** @param {import("./package.js").ModelPackage} modelPackage */
  constructor({ manifest, identity }) {
    this.classes = manifest.classes;
    this.model = identity;
    this.examination = manifest.examination ?? null;
  }

  /**
   * Return a prediction.
   *
   * @param {import("./aggregation.js").FieldAnswer} answer
   * @param {{quality: Quality, summary: FieldSummary}} found
   * @param {{cells: Cell[], windows: Box[]}} places
   * @returns {FieldResult}
   * @throws {Error} the probabilities are not a distribution: an internal error, not an answer
   */
  predict(answer, { quality, summary }, { cells, windows }) {
    const { probabilities, predictionSet, cautions } = answer;
    const total = probabilities.reduce((sum, value) => sum + value, 0);
    if (!probabilities.every((value) => value >= 0 && value <= 1) || Math.abs(total - 1) > LARGEST_ERROR) {
      throw new Error(`The probabilities ${probabilities} are not a distribution.`);
    }
    return {
      status: "CLASSIFIED",
      label: this.classes[predictionSet[0]],
      probabilities: Object.fromEntries(this.classes.map((label, index) => [label, probabilities[index]])),
      prediction_set: predictionSet.map((index) => this.classes[index]),
      reason: null,
      message: null,
      quality,
      field: toPlainField({ ...summary, cautions }),
      model: this.model,
      examination: this.examination,
      cells,
      windows,
    };
  }

  /**
   * Return a rejection, with what was known before.
   *
   * @param {import("../domain/errors.js").UploadRefused} refusal
   * @param {{quality: Quality | null, summary: FieldSummary | null, cells?: Cell[], windows?: Box[]}} known
   * @returns {FieldResult}
   */
  reject(refusal, known = { quality: null, summary: null }) {
    return {
      status: "REJECTED",
      label: null,
      probabilities: {},
      prediction_set: [],
      reason: refusal.reason,
      message: refusal.message,
      quality: known.quality,
      field: toPlainField(known.summary),
      model: this.model,
      examination: this.examination,
      cells: known.cells ?? [],
      windows: known.windows ?? [],
    };
  }
}
