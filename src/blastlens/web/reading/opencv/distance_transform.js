/** Distance transforms: how far each pixel is from the background. */

import { Raster } from "../raster.js";
import { connectedComponents } from "./components.js";

/** Distances are sums of steps in parts of 2 ** STEP_BITS (Borgefors 1986, Comput Vis Graph Image Process 34:344). */
const STEP_BITS = 16;
/** Longer than any distance. */
const FAR = (2 ** 31 - 1) >> 2;
const [SIDE_3, CORNER_3] = [0.955, 1.3693].map(toSteps);
const [SIDE_5, CORNER_5, KNIGHT_5] = [1, 1.4, 2.1969].map(toSteps);

/**
 * @param {number} length
 * @returns {number}
 */
function toSteps(length) {
  return Math.round(Math.fround(length) * 2 ** STEP_BITS);
}

/**
 * Return the distance of each pixel to the nearest 0; `cv2.distanceTransform` with `DIST_L2`.
 *
 * @param {Raster} mask of one channel
 * @param {3 | 5 | "precise"} size of the neighbourhood by whose steps the distance is approximated; "precise" is exact
 * @returns {Raster<Float32Array>}
 */
export function distanceTransform(mask, size) {
  if (size === "precise") return measureExactly(mask);
  const border = size === 3 ? 1 : 2;
  const steps = prepare(mask, border);
  if (size === 3) addSmallSteps(steps, mask.width, mask.height);
  else addSteps(steps, mask.width, mask.height, null);
  return toDistances(steps, mask.width, mask.height, border);
}

/**
 * Return the distance of each pixel to the nearest 0, and which region of zeros that is in;
 * `cv2.distanceTransformWithLabels` with `DIST_L2` and `DIST_LABEL_CCOMP`.
 *
 * @param {Raster} mask of one channel
 * @returns {{distances: Raster<Float32Array>, labels: Raster<Int32Array>}} labels from 1
 */
export function distanceTransformWithLabels(mask) {
  const { width, height } = mask;
  const zeros = new Uint8Array(width * height);
  for (let place = 0; place < zeros.length; place++) zeros[place] = mask.data[place] === 0 ? 1 : 0;
  const regions = connectedComponents(new Raster(width, height, 1, zeros), 8).labels.data;
  const steps = prepare(mask, 2);
  const stride = width + 4;
  const framed = new Int32Array(steps.length);
  for (let row = 0; row < height; row++) {
    framed.set(regions.subarray(row * width, (row + 1) * width), (row + 2) * stride + 2);
  }
  addSteps(steps, width, height, framed);
  const labels = new Int32Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (row + 2) * stride + 2;
    labels.set(framed.subarray(start, start + width), row * width);
  }
  return { distances: toDistances(steps, width, height, 2), labels: new Raster(width, height, 1, labels) };
}

/**
 * @param {Raster} mask
 * @param {number} border
 * @returns {Int32Array} 0 where the mask is 0, FAR elsewhere and in the border
 */
function prepare({ width, height, data }, border) {
  const stride = width + 2 * border;
  const steps = new Int32Array(stride * (height + 2 * border)).fill(FAR);
  for (let row = 0, from = 0; row < height; row++) {
    const start = (row + border) * stride + border;
    for (let to = start; to < start + width; to++, from++) if (data[from] === 0) steps[to] = 0;
  }
  return steps;
}

/**
 * @param {Int32Array} steps
 * @param {number} width
 * @param {number} height
 * @param {number} border
 * @returns {Raster<Float32Array>}
 */
function toDistances(steps, width, height, border) {
  const distances = new Float32Array(width * height);
  const stride = width + 2 * border;
  for (let row = 0, to = 0; row < height; row++) {
    const start = (row + border) * stride + border;
    for (let from = start; from < start + width; from++, to++) {
      distances[to] = Math.fround(steps[from]) / 2 ** STEP_BITS;
    }
  }
  return new Raster(width, height, 1, distances);
}

/**
 * Add the steps to the eight neighbours, from the top and from the bottom.
 *
 * @param {Int32Array} steps with a border of 1
 * @param {number} width
 * @param {number} height
 */
function addSmallSteps(steps, width, height) {
  const stride = width + 2;
  for (let row = 1; row <= height; row++) {
    for (let at = row * stride + 1, end = at + width; at < end; at++) {
      if (steps[at] === 0) continue;
      let least = steps[at - stride - 1] + CORNER_3;
      least = Math.min(least, steps[at - stride] + SIDE_3);
      least = Math.min(least, steps[at - stride + 1] + CORNER_3);
      steps[at] = Math.min(least, steps[at - 1] + SIDE_3);
    }
  }
  for (let row = height; row >= 1; row--) {
    for (let at = row * stride + width, end = at - width; at > end; at--) {
      let least = steps[at];
      if (least <= SIDE_3) continue;
      least = Math.min(least, steps[at + stride + 1] + CORNER_3);
      least = Math.min(least, steps[at + stride] + SIDE_3);
      least = Math.min(least, steps[at + stride - 1] + CORNER_3);
      steps[at] = Math.min(least, steps[at + 1] + SIDE_3);
    }
  }
}

/**
 * Add the steps to the neighbours within two pixels, from the top and from the bottom.
 *
 * Of two ways of the same length, the first is taken; the order of the steps is OpenCV's.
 *
 * @param {Int32Array} steps with a border of 2
 * @param {number} width
 * @param {number} height
 * @param {Int32Array | null} labels of the zeros, with the same border; each pixel gets that of the nearest
 */
function addSteps(steps, width, height, labels) {
  const stride = width + 4;
  const offsets = Int32Array.of(
    -2 * stride - 1,
    -2 * stride + 1,
    -stride - 2,
    -stride - 1,
    -stride,
    -stride + 1,
    -stride + 2,
    -1,
  );
  const [o0, o1, o2, o3, o4, o5, o6, o7] = offsets;
  for (let row = 2; row < height + 2; row++) {
    for (let at = row * stride + 2, end = at + width; at < end; at++) {
      if (steps[at] === 0) continue;
      let [least, from, step] = [labels === null ? 2 ** 31 - 1 : FAR, 0, 0];
      if ((step = steps[at + o0] + KNIGHT_5) < least) [least, from] = [step, o0];
      if ((step = steps[at + o1] + KNIGHT_5) < least) [least, from] = [step, o1];
      if ((step = steps[at + o2] + KNIGHT_5) < least) [least, from] = [step, o2];
      if ((step = steps[at + o3] + CORNER_5) < least) [least, from] = [step, o3];
      if ((step = steps[at + o4] + SIDE_5) < least) [least, from] = [step, o4];
      if ((step = steps[at + o5] + CORNER_5) < least) [least, from] = [step, o5];
      if ((step = steps[at + o6] + KNIGHT_5) < least) [least, from] = [step, o6];
      if ((step = steps[at + o7] + SIDE_5) < least) [least, from] = [step, o7];
      steps[at] = least;
      if (labels !== null) labels[at] = from === 0 ? 0 : labels[at + from];
    }
  }
  for (let row = height + 1; row >= 2; row--) {
    for (let at = row * stride + width + 1, end = at - width; at > end; at--) {
      let [least, from, step] = [steps[at], 0, 0];
      if (least <= SIDE_5) continue;
      if ((step = steps[at - o0] + KNIGHT_5) < least) [least, from] = [step, o0];
      if ((step = steps[at - o1] + KNIGHT_5) < least) [least, from] = [step, o1];
      if ((step = steps[at - o2] + KNIGHT_5) < least) [least, from] = [step, o2];
      if ((step = steps[at - o3] + CORNER_5) < least) [least, from] = [step, o3];
      if ((step = steps[at - o4] + SIDE_5) < least) [least, from] = [step, o4];
      if ((step = steps[at - o5] + CORNER_5) < least) [least, from] = [step, o5];
      if ((step = steps[at - o6] + KNIGHT_5) < least) [least, from] = [step, o6];
      if ((step = steps[at - o7] + SIDE_5) < least) [least, from] = [step, o7];
      if (from === 0) continue;
      steps[at] = least;
      if (labels !== null) labels[at] = labels[at - from];
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
      const [across, rise] = [column - places[part], rises[start + places[part]]];
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
