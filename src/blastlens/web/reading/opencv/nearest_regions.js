/** Distance transform with labels: which region of zeros is the nearest to each pixel. */

import { Raster } from "../raster.js";
import { connectedComponents } from "./components.js";

/** Distances beside labels are sums of whole steps in parts of 2 ** STEP_BITS. */
const STEP_BITS = 16;
const [SIDE, CORNER, KNIGHT] = [1, 1.4, 2.1969].map((length) => Math.round(Math.fround(length) * 2 ** STEP_BITS));
/** Longer than any distance. */
const FAR = 2 ** 31 - 1 - KNIGHT;

/**
 * Return the distance of each pixel to the nearest 0, and which region of zeros that is in;
 * `cv2.distanceTransformWithLabels` with `DIST_L2` and `DIST_LABEL_CCOMP`, whose neighbourhood is always that of 5.
 *
 * @param {Raster} mask of one channel
 * @returns {{distances: Raster<Float32Array>, labels: Raster<Int32Array>}} labels from 1; 0 where there is no zero
 */
export function distanceTransformWithLabels(mask) {
  const { width, height } = mask;
  const zeros = new Uint8Array(width * height);
  for (let place = 0; place < zeros.length; place++) zeros[place] = mask.data[place] === 0 ? 1 : 0;
  const regions = connectedComponents(new Raster(width, height, 1, zeros), 8).labels.data;
  const stride = width + 4;
  const steps = new Int32Array(stride * (height + 4)).fill(FAR);
  const framed = new Int32Array(steps.length);
  for (let row = 0, from = 0; row < height; row++) {
    const start = (row + 2) * stride + 2;
    framed.set(regions.subarray(row * width, (row + 1) * width), start);
    for (let to = start; to < start + width; to++, from++) if (zeros[from] !== 0) steps[to] = 0;
  }
  addLabelledSteps(steps, framed, width, height);
  const [distances, labels] = [new Float32Array(width * height), new Int32Array(width * height)];
  for (let row = 0, to = 0; row < height; row++) {
    const start = (row + 2) * stride + 2;
    labels.set(framed.subarray(start, start + width), row * width);
    for (let from = start; from < start + width; from++, to++) distances[to] = Math.fround(steps[from]) / 2 ** STEP_BITS;
  }
  return { distances: new Raster(width, height, 1, distances), labels: new Raster(width, height, 1, labels) };
}

/**
 * Add the steps to the neighbours within two pixels, from the top and from the bottom, with their labels.
 *
 * Of two ways of the same length the first is taken; the order of the steps is OpenCV's.
 *
 * @param {Int32Array} steps with a border of 2
 * @param {Int32Array} labels of the zeros, with the same border; each pixel gets that of the nearest
 * @param {number} width
 * @param {number} height
 */
function addLabelledSteps(steps, labels, width, height) {
  const stride = width + 4;
  const [o0, o1, o2, o3] = [-2 * stride - 1, -2 * stride + 1, -stride - 2, -stride - 1];
  const [o4, o5, o6, o7] = [-stride, -stride + 1, -stride + 2, -1];
  for (let row = 2; row < height + 2; row++) {
    for (let at = row * stride + 2, end = at + width; at < end; at++) {
      if (steps[at] === 0) continue;
      let least = FAR;
      let from = 0;
      let step = 0;
      step = steps[at + o0] + KNIGHT;
      if (step < least) {
        least = step;
        from = o0;
      }
      step = steps[at + o1] + KNIGHT;
      if (step < least) {
        least = step;
        from = o1;
      }
      step = steps[at + o2] + KNIGHT;
      if (step < least) {
        least = step;
        from = o2;
      }
      step = steps[at + o3] + CORNER;
      if (step < least) {
        least = step;
        from = o3;
      }
      step = steps[at + o4] + SIDE;
      if (step < least) {
        least = step;
        from = o4;
      }
      step = steps[at + o5] + CORNER;
      if (step < least) {
        least = step;
        from = o5;
      }
      step = steps[at + o6] + KNIGHT;
      if (step < least) {
        least = step;
        from = o6;
      }
      step = steps[at + o7] + SIDE;
      if (step < least) {
        least = step;
        from = o7;
      }
      steps[at] = least;
      labels[at] = from === 0 ? 0 : labels[at + from];
    }
  }
  for (let row = height + 1; row >= 2; row--) {
    for (let at = row * stride + width + 1, end = at - width; at > end; at--) {
      let least = steps[at];
      let from = 0;
      let step = 0;
      if (least <= SIDE) continue;
      step = steps[at - o0] + KNIGHT;
      if (step < least) {
        least = step;
        from = o0;
      }
      step = steps[at - o1] + KNIGHT;
      if (step < least) {
        least = step;
        from = o1;
      }
      step = steps[at - o2] + KNIGHT;
      if (step < least) {
        least = step;
        from = o2;
      }
      step = steps[at - o3] + CORNER;
      if (step < least) {
        least = step;
        from = o3;
      }
      step = steps[at - o4] + SIDE;
      if (step < least) {
        least = step;
        from = o4;
      }
      step = steps[at - o5] + CORNER;
      if (step < least) {
        least = step;
        from = o5;
      }
      step = steps[at - o6] + KNIGHT;
      if (step < least) {
        least = step;
        from = o6;
      }
      step = steps[at - o7] + SIDE;
      if (step < least) {
        least = step;
        from = o7;
      }
      if (from === 0) continue;
      steps[at] = least;
      labels[at] = labels[at - from];
    }
  }
}
