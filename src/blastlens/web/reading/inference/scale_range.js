/** Range of pixel sizes that a package was evaluated on, and what lies outside (inference/scale_range.py). */

import { UploadRefused } from "../domain/errors.js";
import { HOME_PIXEL_SIZE_UM } from "../imaging/thumbnail.js";

/** @typedef {import("../domain/field.js").PixelSize} PixelSize */

/** Side of a field in micrometres below which too little of the smear is seen. */
export const LEAST_FIELD_UM = 25;

const ESTIMATED = ["learned", "red_cells", "nuclei"];
const GREATEST_SHIFT = 0.5;

/**
 * Check that a field can be read at its pixel size.
 *
 * @param {PixelSize} size
 * @param {readonly [number, number]} evaluated least and greatest pixel size that the package was evaluated on
 * @param {number} shorterSide of the field, in its pixels
 * @throws {UploadRefused} scale_unknown, magnification_too_low or magnification_too_high
 */
export function checkRange(size, [least, greatest], shorterSide) {
  if (size.um === null) {
    throw new UploadRefused(
      "scale_unknown",
      "The pixel size of the image is unknown: move to a field with red cells, or send the pixel size with the image " +
        "(docs/microscopes.md), and take it again.",
    );
  }
  if (size.um > greatest) {
    throw new UploadRefused(
      "magnification_too_low",
      `A pixel of the image is ${brief(size.um)} micrometres wide, and cells are read up to ${brief(greatest)}: use a ` +
        "stronger objective or adapter, or more of the camera's pixels, and take it again.",
    );
  }
  const side = shorterSide * size.um;
  if (size.um < least || side < LEAST_FIELD_UM) {
    throw new UploadRefused(
      "magnification_too_high",
      `The image is ${side.toFixed()} micrometres wide, ${brief(size.um)} a pixel, and at least ${LEAST_FIELD_UM} and ` +
        `${brief(least)} are needed: use a weaker objective or adapter, or send the whole field, and take it again.`,
    );
  }
}

/**
 * Return the pixel size at which a field is read: home, where it lies within the error of an estimate.
 *
 * A declared pixel size is used as it is.
 *
 * @param {PixelSize} size known
 */
export function chooseReadingSize(size) {
  const um = size.um ?? HOME_PIXEL_SIZE_UM;
  if (!ESTIMATED.includes(size.source)) return um;
  const factor = 1 + Math.min(size.relativeError, GREATEST_SHIFT);
  return um / factor <= HOME_PIXEL_SIZE_UM && HOME_PIXEL_SIZE_UM <= um * factor ? HOME_PIXEL_SIZE_UM : um;
}

/**
 * Return whether a pixel size is exact enough, and within the evaluated range whatever its error.
 *
 * @param {PixelSize} size
 * @param {readonly [number, number]} evaluated
 * @param {number} greatestError
 */
export function isCertain(size, [least, greatest], greatestError) {
  if (size.um === null || size.relativeError > greatestError) return false;
  const factor = 1 + size.relativeError;
  return least <= size.um / factor && size.um * factor <= greatest;
}

/** Return a number with two digits, without zeros at its end. @param {number} value */
function brief(value) {
  return String(Number(value.toPrecision(2)));
}
