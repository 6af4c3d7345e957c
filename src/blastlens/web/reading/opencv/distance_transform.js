/** Distance transforms: how far each pixel is from the background. */

import { Raster } from "../raster.js";

export { distanceTransformWithLabels } from "./nearest_regions.js";

const [SIDE_3, CORNER_3] = [0.955, 1.3693].map(Math.fround);
const [SIDE_5, CORNER_5, KNIGHT_5] = [1, 1.4, 2.1969].map(Math.fround);
/** The distance where there is no 0: the greatest number of 32 bits. */
const FARTHEST = (2 - 2 ** -23) * 2 ** 127;

/**
 * Return the distance of each pixel to the nearest 0; `cv2.distanceTransform` with `DIST_L2`.
 *
 * @param {Raster} mask of one channel
 * @param {3 | 5 | "precise"} size of the neighbourhood by whose steps the distance is approximated (Borgefors 1986,
 *   Comput Vis Graph Image Process 34:344); "precise" is exact
 * @returns {Raster<Float32Array>}
 */
export function distanceTransform(mask, size) {
  if (size === "precise") return measureExactly(mask);
  const { width, height, data } = mask;
  const border = size === 3 ? 1 : 2;
  const stride = width + 2 * border;
  const framed = new Float32Array(stride * (height + 2 * border)).fill(FARTHEST);
  for (let row = 0, from = 0; row < height; row++) {
    const start = (row + border) * stride + border;
    for (let to = start; to < start + width; to++, from++) if (data[from] === 0) framed[to] = 0;
  }
  if (size === 3) addSmallSteps(framed, width, height);
  else addSteps(framed, width, height);
  const distances = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (row + border) * stride + border;
    distances.set(framed.subarray(start, start + width), row * width);
  }
  return new Raster(width, height, 1, distances);
}

/**
 * Add the steps to the eight neighbours, from the top and from the bottom.
 *
 * @param {Float32Array} steps with a border of 1
 * @param {number} width
 * @param {number} height
 */
function addSmallSteps(steps, width, height) {
  const stride = width + 2;
  for (let row = 1; row <= height; row++) {
    for (let at = row * stride + 1, end = at + width; at < end; at++) {
      if (steps[at] === 0) continue;
      const corner = Math.min(steps[at - stride - 1], steps[at - stride + 1]) + CORNER_3;
      const side = Math.min(steps[at - stride], steps[at - 1]) + SIDE_3;
      steps[at] = Math.min(steps[at], corner, side);
    }
  }
  for (let row = height; row >= 1; row--) {
    for (let at = row * stride + width, end = at - width; at > end; at--) {
      if (steps[at] <= SIDE_3) continue;
      const corner = Math.min(steps[at + stride + 1], steps[at + stride - 1]) + CORNER_3;
      const side = Math.min(steps[at + stride], steps[at + 1]) + SIDE_3;
      steps[at] = Math.min(steps[at], corner, side);
    }
  }
}

/**
 * Add the steps to the neighbours within two pixels, from the top and from the bottom.
 *
 * @param {Float32Array} steps with a border of 2
 * @param {number} width
 * @param {number} height
 */
function addSteps(steps, width, height) {
  const stride = width + 4;
  for (let row = 2; row < height + 2; row++) {
    for (let at = row * stride + 2, end = at + width; at < end; at++) {
      if (steps[at] === 0) continue;
      const above = at - stride;
      const two = above - stride;
      const knight = Math.min(steps[two - 1], steps[two + 1], steps[above - 2], steps[above + 2]) + KNIGHT_5;
      const corner = Math.min(steps[above - 1], steps[above + 1]) + CORNER_5;
      const side = Math.min(steps[above], steps[at - 1]) + SIDE_5;
      steps[at] = Math.min(steps[at], knight, corner, side);
    }
  }
  for (let row = height + 1; row >= 2; row--) {
    for (let at = row * stride + width + 1, end = at - width; at > end; at--) {
      if (steps[at] <= SIDE_5) continue;
      const below = at + stride;
      const two = below + stride;
      const knight = Math.min(steps[two - 1], steps[two + 1], steps[below - 2], steps[below + 2]) + KNIGHT_5;
      const corner = Math.min(steps[below - 1], steps[below + 1]) + CORNER_5;
      const side = Math.min(steps[below], steps[at + 1]) + SIDE_5;
      steps[at] = Math.min(steps[at], knight, corner, side);
    }
  }
}

/**
 * Return exact distances, after Felzenszwalb and Huttenlocher 2012 (Theory of Computing 8:415).
 *
 * @param {Raster} mask
 * @returns {Raster<Float32Array>}
 */
function measureExactly({ width, height, data }) {
  const rises = measureColumns(width, height, data);
  const distances = new Float32Array(width * height);
  const [places, heights] = [new Int32Array(width), new Float64Array(width)];
  const bounds = new Float64Array(width + 1);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    let last = -1;
    for (let column = 0; column < width; column++) {
      const rise = rises[start + column];
      const square = rise * rise + column * column;
      let bound = -Infinity;
      while (last >= 0) {
        bound = (square - heights[last]) / (2 * (column - places[last]));
        if (bound > bounds[last]) break;
        last--;
      }
      if (last < 0) bound = -Infinity;
      last++;
      places[last] = column;
      heights[last] = square;
      bounds[last] = bound;
    }
    for (let column = 0, part = 0; column < width; column++) {
      while (part < last && bounds[part + 1] < column) part++;
      const across = column - places[part];
      const rise = rises[start + places[part]];
      distances[start + column] = Math.sqrt(across * across + rise * rise);
    }
  }
  return new Raster(width, height, 1, distances);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array} data
 * @returns {Float64Array} the distance of each pixel to the nearest 0 of its column
 */
function measureColumns(width, height, data) {
  const far = width + height;
  const rises = new Float64Array(width * height);
  for (let at = 0; at < rises.length; at++) {
    const above = at < width ? far : rises[at - width] + 1;
    rises[at] = data[at] === 0 ? 0 : Math.min(above, far);
  }
  for (let at = rises.length - 1 - width; at >= 0; at--) {
    if (rises[at + width] + 1 < rises[at]) rises[at] = rises[at + width] + 1;
  }
  return rises;
}
