/** Gaussian blur of uint8 rasters in whole numbers, as OpenCV computes it, and of float32 rasters. */

import { Raster, copy, createLike } from "../raster.js";
import { roundHalfEven } from "./arithmetic.js";
import { mirror } from "./derivatives.js";

/** @typedef {import("../raster.js").Pixels} Pixels */

/** Weights of uint8 are parts of 2 ** WEIGHT_BITS. */
const WEIGHT_BITS = 8;
/** Weights of small kernels whose deviation is not given, in parts of 256. */
const SMALL = new Map([
  [1, [256]],
  [3, [64, 128, 64]],
  [5, [16, 64, 96, 64, 16]],
  [7, [8, 28, 56, 72, 56, 28, 8]],
  [9, [4, 13, 30, 51, 60, 51, 30, 13, 4]],
]);

/**
 * Blur a raster; `cv2.GaussianBlur`. Beyond a border it is mirrored, without the border itself.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8, or float32 of one channel
 * @param {number} side of the kernel, odd; 0 to choose it by the deviation
 * @param {number} deviation 0 to choose it by the side
 * @returns {Raster<T>}
 */
export function gaussianBlur(raster, side, deviation) {
  const isBytes = raster.data instanceof Uint8Array;
  const length = side > 0 ? side : roundHalfEven(deviation * (isBytes ? 3 : 4) * 2 + 1) | 1;
  const weights = computeWeights(length, deviation);
  if (isBytes) {
    const image = /** @type {Raster} */ (/** @type {unknown} */ (raster));
    return /** @type {Raster<T>} */ (/** @type {unknown} */ (blurBytes(image, toWhole(weights))));
  }
  return blurFloats(raster, Float32Array.from(weights));
}

/**
 * @param {number} length
 * @param {number} deviation
 * @returns {number[]} weights whose sum is 1
 */
export function computeWeights(length, deviation) {
  const small = deviation <= 0 ? SMALL.get(length) : undefined;
  if (small) return small.map((weight) => weight / 256);
  const sigma = deviation > 0 ? deviation : length * 0.15 + 0.35;
  const weights = Array.from({ length }, (_, place) => Math.exp(-((2 * place + 1 - length) ** 2) / (8 * sigma * sigma)));
  const sum = weights.reduce((total, weight) => total + weight);
  return weights.map((weight) => weight / sum);
}

/**
 * @param {number[]} weights
 * @returns {Int32Array} whole numbers whose sum is 2 ** WEIGHT_BITS; what rounding takes from one, the next gets
 */
function toWhole(weights) {
  const whole = new Int32Array(weights.length);
  const middle = whole.length >> 1;
  let [error, sum] = [0, 0];
  for (let place = 0; place < middle; place++) {
    const exact = weights[place] * 2 ** WEIGHT_BITS + error;
    whole[place] = roundHalfEven(exact);
    whole[whole.length - 1 - place] = whole[place];
    error = exact - whole[place];
    sum += 2 * whole[place];
  }
  whole[middle] = 2 ** WEIGHT_BITS - sum;
  return whole;
}

/**
 * @param {Raster} raster
 * @param {Int32Array} weights
 * @returns {Raster}
 */
function blurBytes(raster, weights) {
  if (weights.length === 1) return copy(raster);
  const { width, height, channels, data } = raster;
  const [stride, middle] = [width * channels, weights.length >> 1];
  const result = new Uint8Array(data.length);
  const margin = middle * channels;
  const line = new Int32Array(stride + 2 * margin);
  const frame = findFrame(width, channels, middle);
  for (let row = 0; row < height; row++) {
    const above = mirror(row - 1, height) * stride;
    const below = mirror(row + 1, height) * stride;
    addThreeRows(data, above, row * stride, below, stride, weights, line, margin);
    for (let step = 2; step <= middle; step++) {
      const upper = mirror(row - step, height) * stride;
      const lower = mirror(row + step, height) * stride;
      addTwoRows(data, upper, lower, stride, weights[middle + step], line, margin);
    }
    for (let place = 0; place < frame.length; place += 2) line[frame[place]] = line[frame[place + 1]];
    blurLine(line, weights, channels, result, row * stride, stride);
  }
  return new Raster(width, height, channels, result);
}

/**
 * Set a line to the sum of three rows times the weights of the middle and of its neighbours.
 *
 * @param {Uint8Array} data
 * @param {number} above
 * @param {number} row
 * @param {number} below
 * @param {number} length
 * @param {Int32Array} weights
 * @param {Int32Array} line
 * @param {number} to
 */
function addThreeRows(data, above, row, below, length, weights, line, to) {
  const inner = weights[weights.length >> 1];
  const outer = weights[(weights.length >> 1) + 1];
  for (let place = 0; place < length; place++) {
    line[to + place] = inner * data[row + place] + outer * (data[above + place] + data[below + place]);
  }
}

/**
 * Add two rows times a weight to a line.
 *
 * @param {Uint8Array} data
 * @param {number} upper
 * @param {number} lower
 * @param {number} length
 * @param {number} weight
 * @param {Int32Array} line
 * @param {number} to
 */
function addTwoRows(data, upper, lower, length, weight, line, to) {
  for (let place = 0; place < length; place++) line[to + place] += weight * (data[upper + place] + data[lower + place]);
}

/**
 * Blur along a line and round.
 *
 * @param {Int32Array} line with a frame on both sides
 * @param {Int32Array} weights
 * @param {number} channels
 * @param {Uint8Array} result
 * @param {number} to
 * @param {number} length
 */
function blurLine(line, weights, channels, result, to, length) {
  const middle = weights.length >> 1;
  const inner = weights[middle];
  const outer = weights[middle + 1];
  for (let place = 0, at = middle * channels; place < length; place++, at++) {
    let sum = inner * line[at] + outer * (line[at - channels] + line[at + channels]);
    for (let step = 2, reach = 2 * channels; step <= middle; step++, reach += channels) {
      sum += weights[middle + step] * (line[at - reach] + line[at + reach]);
    }
    result[to + place] = (sum + 32768) >> 16;
  }
}

/**
 * Return which places of a framed line mirror which others.
 *
 * @param {number} width
 * @param {number} channels
 * @param {number} around pixels on both sides
 * @returns {Int32Array} place in the frame and its source, side by side
 */
function findFrame(width, channels, around) {
  const places = [];
  for (let column = -around; column < width + around; column++) {
    if (column >= 0 && column < width) continue;
    for (let channel = 0; channel < channels; channel++) {
      places.push((column + around) * channels + channel, (mirror(column, width) + around) * channels + channel);
    }
  }
  return Int32Array.from(places);
}

/** Pixels in a block; blocks of zeros are left out. */
const BLOCK = 32;

/**
 * @template {Pixels} T
 * @param {Raster<T>} raster of one channel
 * @param {Float32Array} weights
 * @returns {Raster<T>}
 */
function blurFloats(raster, weights) {
  const { width, height, data } = raster;
  const middle = weights.length >> 1;
  const lines = new Float32Array(width * height);
  const blocks = Math.ceil(width / BLOCK);
  const isFilled = new Uint8Array(blocks * height);
  const framed = new Float32Array(width + 2 * middle);
  const frame = findFrame(width, 1, middle);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    for (let column = 0; column < width; column++) framed[middle + column] = data[start + column];
    for (let place = 0; place < frame.length; place += 2) framed[frame[place]] = framed[frame[place + 1]];
    for (let block = 0; block < blocks; block++) {
      const first = block * BLOCK;
      const last = Math.min(first + BLOCK, width);
      if (isZero(framed, first, last + 2 * middle)) continue;
      isFilled[row * blocks + block] = 1;
      blurPart(framed, first, last, weights, lines, start);
    }
  }
  return new Raster(width, height, 1, blurColumns(lines, isFilled, width, height, weights, createLike(data, lines.length)));
}

/** @param {Float32Array} values @param {number} first @param {number} last */
function isZero(values, first, last) {
  for (let place = first; place < last; place++) if (values[place] !== 0) return false;
  return true;
}

/**
 * @param {Float32Array} framed line with a frame on both sides
 * @param {number} first column
 * @param {number} last column, not included
 * @param {Float32Array} weights
 * @param {Float32Array} lines result
 * @param {number} start of the line in `lines`
 */
function blurPart(framed, first, last, weights, lines, start) {
  const middle = weights.length >> 1;
  for (let column = first; column < last; column++) {
    const at = column + middle;
    let sum = weights[middle] * framed[at];
    for (let step = 1; step <= middle; step++) sum += weights[middle + step] * (framed[at - step] + framed[at + step]);
    lines[start + column] = sum;
  }
}

/**
 * Blur along the columns.
 *
 * @template {Pixels} T
 * @param {Float32Array} lines
 * @param {Uint8Array} isFilled which blocks of each line are not zero
 * @param {number} width
 * @param {number} height
 * @param {Float32Array} weights
 * @param {T} result
 * @returns {T}
 */
function blurColumns(lines, isFilled, width, height, weights, result) {
  const middle = weights.length >> 1;
  const blocks = Math.ceil(width / BLOCK);
  const sums = new Float64Array(BLOCK);
  for (let block = 0; block < blocks; block++) {
    const first = block * BLOCK;
    const count = Math.min(BLOCK, width - first);
    let filled = 0;
    for (let row = 0; row < Math.min(middle, height); row++) filled += isFilled[row * blocks + block];
    for (let row = 0; row < height; row++) {
      if (row + middle < height) filled += isFilled[(row + middle) * blocks + block];
      if (row > middle) filled -= isFilled[(row - middle - 1) * blocks + block];
      if (filled === 0) continue;
      const start = row * width + first;
      for (let place = 0; place < count; place++) sums[place] = weights[middle] * lines[start + place];
      for (let step = 1; step <= middle; step++) {
        const above = mirror(row - step, height) * width + first;
        const below = mirror(row + step, height) * width + first;
        const weight = weights[middle + step];
        for (let place = 0; place < count; place++) sums[place] += weight * (lines[above + place] + lines[below + place]);
      }
      for (let place = 0; place < count; place++) result[start + place] = sums[place];
    }
  }
  return result;
}
