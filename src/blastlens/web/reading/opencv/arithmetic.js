/** Arithmetic of rasters, pixel by pixel, with the rounding and saturation of OpenCV. */

import { Raster } from "../raster.js";

/** @typedef {import("../raster.js").Pixels} Pixels */

/**
 * Round to the nearest whole number, and a half to the even one, as OpenCV and NumPy do.
 *
 * @param {number} value
 * @returns {number}
 */
export function roundHalfEven(value) {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * Round to a whole number between 0 and 255; OpenCV's `saturate_cast<uchar>`.
 *
 * @param {number} value
 * @returns {number}
 */
export function saturate(value) {
  return value <= 0 ? 0 : value >= 255 ? 255 : roundHalfEven(value);
}

/**
 * Return where all channels lie within limits, both included.
 *
 * @param {Raster} raster
 * @param {number | readonly number[]} low one for each channel, or one for all; rounded to whole numbers
 * @param {number | readonly number[]} high likewise
 * @returns {Raster} of one channel, 255 where they do and 0 elsewhere
 */
export function inRange(raster, low, high) {
  const { width, height, channels, data } = raster;
  const accepted = acceptValues(channels, low, high);
  const mask = new Uint8Array(width * height);
  if (channels === 1) {
    for (let place = 0; place < mask.length; place++) mask[place] = accepted[data[place]];
  } else if (channels === 3) {
    for (let place = 0, from = 0; place < mask.length; place++, from += 3) {
      mask[place] = accepted[data[from]] & accepted[256 + data[from + 1]] & accepted[512 + data[from + 2]];
    }
  } else {
    for (let place = 0, from = 0; place < mask.length; place++) {
      let all = 255;
      for (let channel = 0; channel < channels; channel++, from++) all &= accepted[256 * channel + data[from]];
      mask[place] = all;
    }
  }
  return new Raster(width, height, 1, mask);
}

/**
 * Return for each channel and each of 256 values whether it is within limits, as 255 or 0.
 *
 * @param {number} channels
 * @param {number | readonly number[]} low
 * @param {number | readonly number[]} high
 */
function acceptValues(channels, low, high) {
  const accepted = new Uint8Array(256 * channels);
  for (let channel = 0; channel < channels; channel++) {
    const least = roundHalfEven(typeof low === "number" ? low : low[channel]);
    const greatest = roundHalfEven(typeof high === "number" ? high : high[channel]);
    for (let value = 0; value < 256; value++) {
      accepted[256 * channel + value] = value >= least && value <= greatest ? 255 : 0;
    }
  }
  return accepted;
}

/**
 * Return a - b, 0 where it is negative.
 *
 * @param {Raster} a
 * @param {Raster} b of the same shape
 * @returns {Raster}
 */
export function subtract(a, b) {
  const [first, second, data] = [a.data, b.data, new Uint8Array(a.data.length)];
  for (let place = 0; place < data.length; place++) {
    const difference = first[place] - second[place];
    data[place] = difference > 0 ? difference : 0;
  }
  return new Raster(a.width, a.height, a.channels, data);
}

/**
 * Return the lesser of two values.
 *
 * @param {Raster} a
 * @param {Raster} b of the same shape
 * @returns {Raster}
 */
export function min(a, b) {
  const [first, second, data] = [a.data, b.data, new Uint8Array(a.data.length)];
  for (let place = 0; place < data.length; place++) {
    data[place] = first[place] < second[place] ? first[place] : second[place];
  }
  return new Raster(a.width, a.height, a.channels, data);
}

/**
 * Return the greater of two values.
 *
 * @param {Raster} a
 * @param {Raster} b of the same shape
 * @returns {Raster}
 */
export function max(a, b) {
  const [first, second, data] = [a.data, b.data, new Uint8Array(a.data.length)];
  for (let place = 0; place < data.length; place++) {
    data[place] = first[place] > second[place] ? first[place] : second[place];
  }
  return new Raster(a.width, a.height, a.channels, data);
}

/**
 * Return the bits that both have.
 *
 * @param {Raster} a
 * @param {Raster} b of the same shape
 * @returns {Raster}
 */
export function bitwiseAnd(a, b) {
  const [first, second, data] = [a.data, b.data, new Uint8Array(a.data.length)];
  for (let place = 0; place < data.length; place++) data[place] = first[place] & second[place];
  return new Raster(a.width, a.height, a.channels, data);
}

/**
 * Return |alpha * value + beta|, rounded and at most 255.
 *
 * @param {Raster} raster
 * @param {number} alpha
 * @param {number} beta
 * @returns {Raster}
 */
export function convertScaleAbs(raster, alpha, beta) {
  const table = Uint8Array.from({ length: 256 }, (_, value) => saturate(Math.abs(alpha * value + beta)));
  return lookUp(raster, table);
}

/**
 * Return a table's value for each value.
 *
 * @param {Raster} raster
 * @param {Uint8Array} table of 256 values for all channels, or 256 x channels with the channels side by side, as
 *   NumPy's (256, 1, channels)
 * @returns {Raster}
 */
export function lookUp(raster, table) {
  const { width, height, channels } = raster;
  const source = raster.data;
  const data = new Uint8Array(source.length);
  if (table.length === 256) {
    for (let place = 0; place < data.length; place++) data[place] = table[source[place]];
  } else if (channels === 3) {
    for (let place = 0; place < data.length; place += 3) {
      data[place] = table[3 * source[place]];
      data[place + 1] = table[3 * source[place + 1] + 1];
      data[place + 2] = table[3 * source[place + 2] + 2];
    }
  } else {
    for (let place = 0; place < data.length; place++) {
      const channel = place % channels;
      data[place] = table[channels * source[place] + channel];
    }
  }
  return new Raster(width, height, channels, data);
}

/**
 * Return the number of values that are not 0.
 *
 * @param {Raster} raster of one channel
 * @returns {number}
 */
export function countNonZero(raster) {
  const { data } = raster;
  let count = 0;
  for (let place = 0; place < data.length; place++) if (data[place] !== 0) count++;
  return count;
}

/**
 * Return scale * value / divisor, rounded and between 0 and 255; `cv2.divide` with `dtype=cv2.CV_8U`.
 *
 * @param {Raster} raster
 * @param {Raster<Float32Array>} divisor of the same shape, greater than 0
 * @param {number} scale
 * @returns {Raster}
 */
export function divide(raster, divisor, scale) {
  const [source, divisors, data] = [raster.data, divisor.data, new Uint8Array(raster.data.length)];
  const rounded = new Uint8ClampedArray(data.buffer); // to the nearest whole number, a half to the even one
  const factor = Math.fround(scale);
  for (let place = 0; place < data.length; place++) {
    rounded[place] = Math.fround(Math.fround(source[place] * factor) / divisors[place]);
  }
  return new Raster(raster.width, raster.height, raster.channels, data);
}

/**
 * Return a raster within a frame.
 *
 * @param {Raster} raster
 * @param {number} around width of the frame in pixels, on all sides
 * @param {number | "replicate"} value of the frame in all channels, or the value of the nearest pixel
 * @returns {Raster}
 */
export function copyMakeBorder(raster, around, value) {
  const { channels } = raster;
  const [width, height] = [raster.width + 2 * around, raster.height + 2 * around];
  const data = new Uint8Array(width * height * channels);
  if (typeof value === "number" && value !== 0) data.fill(value);
  const length = raster.width * channels;
  for (let row = 0; row < height; row++) {
    const inner = row - around;
    const from = Math.min(Math.max(inner, 0), raster.height - 1);
    if (from !== inner && value !== "replicate") continue;
    const source = raster.data.subarray(from * length, (from + 1) * length);
    const start = (row * width + around) * channels;
    data.set(source, start);
    if (value !== "replicate") continue;
    for (let place = 0; place < around * channels; place++) {
      const channel = place % channels;
      data[start - around * channels + place] = source[channel];
      data[start + length + place] = source[length - channels + channel];
    }
  }
  return new Raster(width, height, channels, data);
}

/**
 * Return the sums of all values above and to the left of each pixel's corner.
 *
 * @param {Raster<Pixels>} raster of one channel
 * @returns {Raster<Float64Array>} one row and one column larger; whole numbers are exact
 */
export function integral(raster) {
  const [width, height] = [raster.width + 1, raster.height + 1];
  const sums = new Float64Array(width * height);
  for (let row = 1, from = 0; row < height; row++) {
    let sum = 0;
    for (let column = 1, to = row * width + 1; column < width; column++, to++, from++) {
      sum += raster.data[from];
      sums[to] = sums[to - width] + sum;
    }
  }
  return new Raster(width, height, 1, sums);
}

/**
 * Return Otsu's threshold of values (Otsu 1979, IEEE Trans Syst Man Cybern 9:62): it separates two classes with the
 * greatest variance between them.
 *
 * @param {Uint8Array} values
 * @returns {number} 0 to 255, the greatest value of the lower class
 */
export function otsuThreshold(values) {
  const counts = new Uint32Array(256);
  for (let place = 0; place < values.length; place++) counts[values[place]]++;
  const scale = 1 / values.length;
  let mean = 0;
  for (let value = 0; value < 256; value++) mean += value * counts[value];
  mean *= scale;
  let [lowerShare, lowerMean, greatest, threshold] = [0, 0, 0, 0];
  for (let value = 0; value < 256; value++) {
    const share = counts[value] * scale;
    lowerMean *= lowerShare;
    lowerShare += share;
    const upperShare = 1 - lowerShare;
    if (Math.min(lowerShare, upperShare) < FLOAT_EPSILON || Math.max(lowerShare, upperShare) > 1 - FLOAT_EPSILON) {
      continue;
    }
    lowerMean = (lowerMean + value * share) / lowerShare;
    const upperMean = (mean - lowerShare * lowerMean) / upperShare;
    const between = lowerShare * upperShare * (lowerMean - upperMean) * (lowerMean - upperMean);
    if (between > greatest) [greatest, threshold] = [between, value];
  }
  return threshold;
}

/** Difference between 1 and the next greater number of 32 bits. */
const FLOAT_EPSILON = 2 ** -23;

/**
 * Return the sum of each row.
 *
 * @param {Raster} raster of one channel
 * @returns {Int32Array}
 */
export function sumRows(raster) {
  const sums = new Int32Array(raster.height);
  for (let row = 0, place = 0; row < raster.height; row++) {
    let sum = 0;
    for (let column = 0; column < raster.width; column++, place++) sum += raster.data[place];
    sums[row] = sum;
  }
  return sums;
}

/**
 * Return the sum of each column.
 *
 * @param {Raster} raster of one channel
 * @returns {Int32Array}
 */
export function sumColumns(raster) {
  const sums = new Int32Array(raster.width);
  for (let row = 0, place = 0; row < raster.height; row++) {
    for (let column = 0; column < raster.width; column++, place++) sums[column] += raster.data[place];
  }
  return sums;
}
