/** Contact of a field's content with the edge of a surround (imaging/surround.py). */

import { dilate, erode, rectangle } from "../opencv/morphology.js";
import { createRaster } from "../raster.js";
import { NEAR } from "./surround_limits.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Return the share of the edge of `inside` that has content right behind it; 0 without an edge.
 *
 * @param {Raster} content mask of 0 and 1
 * @param {Raster} inside likewise
 * @returns {number}
 */
export function measureContact(content, inside) {
  const core = erode(inside, rectangle(2 * NEAR + 1, 2 * NEAR + 1)).data;
  const smaller = erode(inside, rectangle(3, 3)).data;
  const behind = createRaster(inside.width, inside.height);
  for (let place = 0; place < core.length; place++) {
    behind.data[place] = inside.data[place] & (core[place] ^ 1) & content.data[place];
  }
  const reach = 2 * (NEAR - 1) + 1;
  const near = dilate(behind, rectangle(reach, reach)).data;
  let [rim, touched] = [0, 0];
  for (let place = 0; place < near.length; place++) {
    if (inside.data[place] === smaller[place]) continue;
    rim++;
    touched += near[place];
  }
  return rim === 0 ? 0 : touched / rim;
}
