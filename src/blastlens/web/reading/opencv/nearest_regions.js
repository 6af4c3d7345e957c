/** Distance transform with labels: which region of zeros is the nearest to each pixel. */

import { Raster } from "../raster.js";
import { connectedComponents } from "./components.js";

/** Distances beside labels are sums of whole steps in parts of ONE. */
const ONE = 2 ** 16;
const [SIDE, CORNER, KNIGHT] = [1, 1.4, 2.1969].map((length) => Math.round(Math.fround(length) * ONE));
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
  const { steps, labels } = spreadLabels(mask);
  const distances = new Float32Array(width * height);
  for (let row = 0, to = 0; row < height; row++) {
    const start = (row + 2) * (width + 4) + 2;
    for (let from = start; from < start + width; from++, to++) distances[to] = Math.fround(steps[from]) / ONE;
  }
  return { distances: new Raster(width, height, 1, distances), labels };
}

/**
 * Return which region of zeros is the nearest to each pixel: the labels of `distanceTransformWithLabels` alone.
 *
 * @param {Raster} mask of one channel
 * @returns {Raster<Int32Array>} labels from 1; 0 where there is no zero
 */
export function findNearestRegions(mask) {
  return spreadLabels(mask).labels;
}

/**
 * Give each pixel the label of the nearest region of zeros.
 *
 * @param {Raster} mask of one channel
 * @returns {{steps: Int32Array, labels: Raster<Int32Array>}} `steps` with a border of 2: the distances in parts of ONE
 */
function spreadLabels(mask) {
  const { width, height } = mask;
  const zeros = new Uint8Array(width * height);
  for (let place = 0; place < zeros.length; place++) zeros[place] = mask.data[place] === 0 ? 1 : 0;
  const { labels } = connectedComponents(new Raster(width, height, 1, zeros), 8);
  const stride = width + 4;
  const steps = new Int32Array(stride * (height + 4)).fill(FAR);
  const framed = new Int32Array(steps.length);
  for (let row = 0, from = 0; row < height; row++) {
    const start = (row + 2) * stride + 2;
    framed.set(labels.data.subarray(row * width, (row + 1) * width), start);
    for (let to = start; to < start + width; to++, from++) if (zeros[from] !== 0) steps[to] = 0;
  }
  addLabelledSteps(steps, framed, width, height);
  for (let row = 0; row < height; row++) {
    const start = (row + 2) * stride + 2;
    labels.data.set(framed.subarray(start, start + width), row * width);
  }
  return { steps, labels };
}

/**
 * Add the steps to the neighbours within two pixels, from the top and from the bottom, with their labels.
 *
 * @param {Int32Array} steps with a border of 2
 * @param {Int32Array} labels of the zeros, with the same border; each pixel gets that of the nearest
 * @param {number} width
 * @param {number} height
 */
function addLabelledSteps(steps, labels, width, height) {
  const stride = width + 4;
  for (let row = 2; row < height + 2; row++) {
    const start = row * stride + 2;
    addStepsOfRow(steps, labels, start, start + width, 1, -stride);
  }
  for (let row = height + 1; row >= 2; row--) {
    const start = row * stride + width + 1;
    addStepsOfRow(steps, labels, start, start - width, -1, stride);
  }
}

/**
 * Add the steps from two rows and from the pixel before.
 *
 * Of two ways of the same length the first is taken; the order of the steps is OpenCV's. The neighbours move along with
 * the pixel, so that each is read once.
 *
 * @param {Int32Array} steps
 * @param {Int32Array} labels
 * @param {number} start
 * @param {number} end
 * @param {1 | -1} forward direction along the row
 * @param {number} up to the row that is finished
 */
function addStepsOfRow(steps, labels, start, end, forward, up) {
  const farUp = 2 * up;
  let [a, b, c, d] = [-2, -1, 0, 1].map((place) => steps[start + up + place * forward]);
  let [e, f] = [-1, 0].map((place) => steps[start + farUp + place * forward]);
  let last = steps[start - forward];
  for (let at = start; at !== end; at += forward) {
    const next = steps[at + up + 2 * forward];
    const far = steps[at + farUp + forward];
    let least = steps[at];
    if (least > SIDE) {
      const knight = Math.min(e, far, a, next) + KNIGHT;
      const corner = Math.min(b, d) + CORNER;
      const side = Math.min(c, last) + SIDE;
      const found = Math.min(knight, corner, side);
      if (found < least) {
        least = found;
        let from = -forward;
        if (e + KNIGHT === found) from = farUp - forward;
        else if (far + KNIGHT === found) from = farUp + forward;
        else if (a + KNIGHT === found) from = up - 2 * forward;
        else if (b + CORNER === found) from = up - forward;
        else if (c + SIDE === found) from = up;
        else if (d + CORNER === found) from = up + forward;
        else if (next + KNIGHT === found) from = up + 2 * forward;
        steps[at] = found;
        labels[at] = labels[at + from];
      }
    }
    last = least;
    a = b;
    b = c;
    c = d;
    d = next;
    e = f;
    f = far;
  }
}
