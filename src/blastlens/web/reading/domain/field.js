/** Pixel sizes and cautions of fields, with the values of records and of `--json` (domain/field.py). */

/**
 * @typedef {object} PixelSize
 * @property {number | null} um micrometres per pixel of a field as uploaded; null where it is unknown
 * @property {"metadata" | "device" | "file" | "learned" | "red_cells" | "nuclei" | "unknown"} source
 * @property {number} relativeError half width of its 95 % interval as a share of it; infinite where it is unknown
 */

/**
 * @typedef {"few_cells" | "unnamed_cells" | "scale_uncertain" | "scales_disagree" | "declared_unusable"
 *   | "models_disagree" | "unlike_training" | "area_left_out" | "part_read"} Caution
 */

/** The pixel size of a field of which nothing is known. @type {Readonly<PixelSize>} */
export const UNKNOWN_PIXEL_SIZE = Object.freeze({ um: null, source: "unknown", relativeError: Infinity });

/** Relative error of a declared pixel size: magnifications are nominal values. */
export const DECLARED_ERROR = 0.05;

/**
 * Return a pixel size.
 *
 * @param {number | null} um
 * @param {PixelSize["source"]} source
 * @param {number} relativeError
 * @returns {PixelSize}
 * @throws {RangeError} `um` is not a positive finite number, or the error is negative or not a number.
 */
export function makePixelSize(um, source, relativeError) {
  if (um !== null && !(Number.isFinite(um) && um > 0)) throw new RangeError(`a pixel size of ${um} um is not a positive number`);
  if (!(relativeError >= 0)) throw new RangeError(`a relative error of ${relativeError} is not a number of at least 0`);
  return { um, source, relativeError };
}

/** Return a pixel size declared with an upload. @param {number} um @param {PixelSize["source"]} [source] */
export function declarePixelSize(um, source = "metadata") {
  return makePixelSize(um, source, DECLARED_ERROR);
}
