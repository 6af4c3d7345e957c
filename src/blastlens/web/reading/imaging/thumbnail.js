/** Thumbnails: small copies of fields, for cheap checks (imaging/thumbnail.py). */

import { resize } from "../opencv/resize.js";
import { sample } from "../raster.js";
import { roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */

/** Pixels of a thumbnail's longest side. */
export const THUMBNAIL_SIDE = 448;

/** Micrometres per pixel at which cells are found and windows are read: that of the training images. */
export const HOME_PIXEL_SIZE_UM = 0.5;

const ROWS_AVERAGED = 2;

/**
 * Shrink an image until its longest side has `side` pixels; a smaller one is returned as it is.
 *
 * A pixel of the thumbnail is a mean of those that it stands for, of every n-th row where they are many.
 *
 * @param {Raster} image RGB
 * @param {number} [side]
 * @returns {Raster}
 */
export function makeThumbnail(image, side = THUMBNAIL_SIDE) {
  const scale = side / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const [width, height] = [image.width, image.height].map((each) => Math.max(1, roundHalfEven(each * scale)));
  const step = Math.max(1, Math.floor(Math.floor(1 / scale) / ROWS_AVERAGED));
  const rows = sample(image, step, 1, Math.min(step >> 1, image.height - 1));
  return resize(rows, width, height, "area");
}
