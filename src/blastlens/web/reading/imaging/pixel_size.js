/** Choice between a declared pixel size, that of the file, and an estimate (imaging/pixel_size.py). */

import { DECLARED_ERROR, makePixelSize } from "../domain/field.js";

/** @typedef {import("../domain/field.js").PixelSize} PixelSize */
/** @typedef {import("../domain/field.js").Caution} Caution */

/** A declared and an estimated pixel size that differ by a larger factor disagree. */
export const GREATEST_RATIO = 1.3;

/** Return the pixel size that an image file states, or null where it states none. @param {number | null} um */
export function sizeInFile(um) {
  return um === null ? null : makePixelSize(um, "file", DECLARED_ERROR);
}

/**
 * Choose between a declared and an estimated pixel size.
 *
 * The declared one is used if there is one. If the estimate differs from it by more than 30 %, one of them is wrong,
 * and nothing says which: the answer must then abstain.
 *
 * @param {PixelSize | null} declared with the upload or in the file; null for neither
 * @param {PixelSize} estimated from the image
 * @returns {{size: PixelSize, caution: Caution | null}} the size to use, and `scales_disagree` where they do
 */
export function reconcile(declared, estimated) {
  if (declared === null || declared.um === null) return { size: estimated, caution: null };
  if (estimated.um === null) return { size: declared, caution: null };
  const ratio = Math.max(declared.um / estimated.um, estimated.um / declared.um);
  if (ratio <= GREATEST_RATIO) return { size: declared, caution: null };
  const error = Math.max(declared.relativeError, ratio - 1);
  return { size: makePixelSize(declared.um, declared.source, error), caution: "scales_disagree" };
}
