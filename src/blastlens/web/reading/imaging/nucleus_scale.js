/** Pixel size of a field from the width of its stained cells (imaging/nucleus_scale.py). */

import { UNKNOWN_PIXEL_SIZE, makePixelSize } from "../domain/field.js";
import { measureCellWidth } from "./cell_size.js";

/** @typedef {import("../raster.js").Raster} Raster */

/** Median width of stained cells as `measureCellWidth` measures it, in micrometres. */
export const STAINED_WIDTH_UM = 6.5;

/** Half width of the 95 % interval of such a pixel size, as a share of it. */
export const RELATIVE_ERROR = 0.5;

/**
 * Estimate the pixel size of a field by its stained cells.
 *
 * @param {Raster} mask the blast mask of the field at any size, 1 inside of stained cells
 * @param {number} height of the field in pixels
 * @param {number} width of the field in pixels
 * @returns {import("../domain/field.js").PixelSize} with a large error; the unknown one without stained cells
 */
export function estimateByNuclei(mask, height, width) {
  const share = measureCellWidth(mask);
  if (share <= 0) return UNKNOWN_PIXEL_SIZE;
  return makePixelSize(STAINED_WIDTH_UM / (share * Math.sqrt(height * width)), "nuclei", RELATIVE_ERROR);
}
