/** Width of stained cells as a share of the field, from the blast mask (imaging/cell_size.py). */

import { copyMakeBorder } from "../opencv/arithmetic.js";
import { distanceTransform } from "../opencv/distance_transform.js";
import { resize } from "../opencv/resize.js";
import { createRaster } from "../raster.js";
import { quantile, roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */

const WORKING_SIDE = 448;
const QUANTILE = 0.85;
const HALF = 127;

/**
 * Return the width of the larger stained cells as a share of the field's side; 0 without stained pixels.
 *
 * Twice a high quantile of the distances of stained pixels to the edge of their cell, over the side of a square of the
 * field's area.
 *
 * @param {Raster} mask 1 inside of stained cells
 */
export function measureCellWidth(mask) {
  const depths = distanceTransform(copyMakeBorder(resizeMask(mask), 1, 0), "precise").data;
  const inside = depths.filter((depth) => depth > 0);
  return inside.length === 0 ? 0 : (2 * quantile(inside, QUANTILE)) / WORKING_SIDE;
}

/** Return the mask at a size of about 448 x 448 pixels. @param {Raster} mask */
function resizeMask(mask) {
  const { width, height } = mask;
  const scale = WORKING_SIDE / Math.sqrt(height * width);
  const [columns, rows] = [width, height].map((side) => Math.max(1, roundHalfEven(side * scale)));
  const levels = createRaster(width, height);
  for (let place = 0; place < mask.data.length; place++) levels.data[place] = mask.data[place] * 255;
  const resized = resize(levels, columns, rows, scale < 1 ? "area" : "linear");
  const { data } = resized;
  for (let place = 0; place < data.length; place++) data[place] = data[place] > HALF ? 1 : 0;
  return resized;
}
