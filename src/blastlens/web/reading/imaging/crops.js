/** Parts of rasters that are copied only where they are not the whole. */

import { cut } from "../raster.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Return a rectangle of a raster; the raster itself where it is all of it.
 *
 * @param {Raster} raster
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 * @returns {Raster}
 */
export function cutUnlessWhole(raster, left, top, width, height) {
  const isWhole = width === raster.width && height === raster.height;
  return isWhole ? raster : cut(raster, left, top, width, height);
}

/** Check whether every value of a mask is true. @param {Raster} mask */
export function isAll(mask) {
  return mask.data.indexOf(0) < 0;
}

