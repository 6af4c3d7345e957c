/** Morphology of rasters of one channel. What is outside of a raster does not count. */

import { subtract } from "./arithmetic.js";
import { dilateMask, erodeMask, packMask, unpackMask } from "./bit_masks.js";
import { findExtremes } from "./extremes.js";

/** @typedef {import("../raster.js").Pixels} Pixels */
/** @typedef {import("./bit_masks.js").BitMask} BitMask */
/**
 * @template {Pixels} [T=Uint8Array]
 * @typedef {import("../raster.js").Raster<T>} Raster
 */

/**
 * @typedef {object} Kernel a structuring element whose rows are runs of pixels; its anchor is in the middle
 * @property {number} width
 * @property {number} height
 * @property {number[]} starts first column of each row
 * @property {number[]} ends column after the last of each row
 */

/**
 * Return an ellipse in a square; `cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))`.
 *
 * @param {number} side in pixels
 * @returns {Kernel}
 */
export function ellipse(side) {
  const radius = Math.floor(side / 2);
  const square = radius > 0 ? 1 / (radius * radius) : 0;
  const [starts, ends] = [new Array(side), new Array(side)];
  for (let row = 0; row < side; row++) {
    const down = row - radius;
    const across = Math.round(radius * Math.sqrt((radius * radius - down * down) * square));
    starts[row] = Math.max(radius - across, 0);
    ends[row] = Math.min(radius + across + 1, side);
  }
  return { width: side, height: side, starts, ends };
}

/**
 * Return a rectangle; NumPy's `np.ones((height, width))`.
 *
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @returns {Kernel}
 */
export function rectangle(width, height) {
  return { width, height, starts: new Array(height).fill(0), ends: new Array(height).fill(width) };
}

/**
 * Return the least value within the kernel around each pixel; `cv2.erode`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8 or float32
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function erode(raster, kernel) {
  return onBits(raster, (mask) => erodeMask(mask, kernel)) ?? findExtremes(raster, kernel, false);
}

/**
 * Return the greatest value within the kernel around each pixel; `cv2.dilate`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8 or float32
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function dilate(raster, kernel) {
  return onBits(raster, (mask) => dilateMask(mask, kernel)) ?? findExtremes(raster, kernel, true);
}

/**
 * Erode and dilate; `cv2.MORPH_OPEN`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function open(raster, kernel) {
  const opened = onBits(raster, (mask) => dilateMask(erodeMask(mask, kernel), kernel));
  return opened ?? findExtremes(findExtremes(raster, kernel, false), kernel, true);
}

/**
 * Dilate and erode; `cv2.MORPH_CLOSE`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function close(raster, kernel) {
  const closed = onBits(raster, (mask) => erodeMask(dilateMask(mask, kernel), kernel));
  return closed ?? findExtremes(findExtremes(raster, kernel, true), kernel, false);
}

/**
 * Transform a mask as bits; null where a raster is none.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {(mask: BitMask) => BitMask} transform
 * @returns {Raster<T> | null}
 */
function onBits(raster, transform) {
  const mask = raster.data instanceof Uint8Array ? packMask(/** @type {any} */ (raster)) : null;
  return mask === null ? null : /** @type {any} */ (unpackMask(transform(mask)));
}

/**
 * Return what opening removes; `cv2.MORPH_TOPHAT`.
 *
 * @param {Raster} raster
 * @param {Kernel} kernel
 * @returns {Raster}
 */
export function topHat(raster, kernel) {
  return subtract(raster, open(raster, kernel));
}

/**
 * Return what closing adds; `cv2.MORPH_BLACKHAT`.
 *
 * @param {Raster} raster
 * @param {Kernel} kernel
 * @returns {Raster}
 */
export function blackHat(raster, kernel) {
  return subtract(close(raster, kernel), raster);
}
