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
  const sums = new Int32Array(stride);
  const frame = findFrame(width, channels, middle);
  for (let row = 0; row < height; row++) {
    const start = row * stride;
    const rows = [mirror(row - 1, height) * stride, mirror(row + 1, height) * stride];
    addThree(data, rows[0], start, rows[1], stride, weights, line, margin);
    for (let step = 2; step <= middle; step++) {
      const [above, below] = [mirror(row - step, height) * stride, mirror(row + step, height) * stride];
      addPair(data, above, below, stride, weights[middle + step], line, margin);
    }
    for (let place = 0; place < frame.length; place += 2) line[frame[place]] = line[frame[place + 1]];
    addThree(line, margin - channels, margin, margin + channels, stride, weights, sums, 0);
    for (let step = 2; step <= middle; step++) {
      const reach = step * channels;
      addPair(line, margin - reach, margin + reach, stride, weights[middle + step], sums, 0);
    }
    for (let to = 0; to < stride; to++) result[start + to] = (sums[to] + 32768) >> 16;
  }
  return new Raster(width, height, channels, result);
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

/**
 * Set values of a line to the sums of three others times the weights of the middle and of its neighbours.
 *
 * @param {Uint8Array | Int32Array} source
 * @param {number} before
 * @param {number} middle
 * @param {number} after
 * @param {number} length
 * @param {Int32Array} weights
 * @param {Int32Array} line
 * @param {number} to
 */
function addThree(source, before, middle, after, length, weights, line, to) {
  const inner = weights[weights.length >> 1];
  const outer = weights[(weights.length >> 1) + 1];
  for (let place = 0; place < length; place++) {
    line[to + place] = inner * source[middle + place] + outer * (source[before + place] + source[after + place]);
  }
}

/**
 * Add the sums of two lines times a weight to another.
 *
 * @param {Uint8Array | Int32Array} source
 * @param {number} first
 * @param {number} second
 * @param {number} length
 * @param {number} weight
 * @param {Int32Array} line
 * @param {number} to
 */
function addPair(source, first, second, length, weight, line, to) {
  for (let place = 0; place < length; place++) {
    line[to + place] += weight * (source[first + place] + source[second + place]);
  }
}

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
  const framed = new Float32Array(width + 2 * middle);
  const frame = findFrame(width, 1, middle);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    framed.set(data.subarray(start, start + width), middle);
    for (let place = 0; place < frame.length; place += 2) framed[frame[place]] = framed[frame[place + 1]];
    for (let column = 0; column < width; column++) {
      let sum = weights[middle] * framed[column + middle];
      for (let step = 1; step <= middle; step++) {
        sum += weights[middle + step] * (framed[column + middle - step] + framed[column + middle + step]);
      }
      lines[start + column] = sum;
    }
  }
  const result = createLike(data, width * height);
  const sums = new Float64Array(width);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    for (let column = 0; column < width; column++) sums[column] = weights[middle] * lines[start + column];
    for (let step = 1; step <= middle; step++) {
      const [above, below] = [mirror(row - step, height) * width, mirror(row + step, height) * width];
      const weight = weights[middle + step];
      for (let column = 0; column < width; column++) sums[column] += weight * (lines[above + column] + lines[below + column]);
    }
    result.set(sums, start);
  }
  return new Raster(width, height, 1, result);
}
