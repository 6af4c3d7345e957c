/** Shrinking of uint8 rasters by area, in the single precision of OpenCV. */

import { Raster } from "../raster.js";

// A number is rounded to the nearest whole one when it is stored in a Uint8ClampedArray, a half to the even one.

/**
 * Shrink by whole factors: each pixel is the mean of a rectangle.
 *
 * @param {Raster} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster}
 */
export function resizeByWholeArea(raster, width, height) {
  const { channels } = raster;
  const [across, down] = [raster.width / width, raster.height / height];
  const [source, data] = [raster.data, new Uint8Array(width * height * channels)];
  const rounded = new Uint8ClampedArray(data.buffer);
  const share = Math.fround(1 / (across * down));
  const isHalf = across === 2 && down === 2 && channels !== 2;
  const sums = new Uint32Array(width * channels);
  const stride = raster.width * channels;
  for (let row = 0, to = 0; row < height; row++) {
    sums.fill(0);
    for (let line = 0; line < down; line++) {
      sumLine(source, (row * down + line) * stride, across, channels, sums);
    }
    if (isHalf) for (let place = 0; place < sums.length; place++, to++) data[to] = (sums[place] + 2) >> 2;
    else for (let place = 0; place < sums.length; place++, to++) rounded[to] = Math.fround(sums[place] * share);
  }
  return new Raster(width, height, channels, data);
}

/**
 * Add the values of each `across` pixels of a line to their sum.
 *
 * @param {Uint8Array} source
 * @param {number} from
 * @param {number} across
 * @param {number} channels
 * @param {Uint32Array} sums
 */
function sumLine(source, from, across, channels, sums) {
  if (channels === 3) {
    for (let place = 0; place < sums.length; place += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let count = 0; count < across; count++, from += 3) {
        red += source[from];
        green += source[from + 1];
        blue += source[from + 2];
      }
      sums[place] += red;
      sums[place + 1] += green;
      sums[place + 2] += blue;
    }
    return;
  }
  for (let place = 0; place < sums.length; place += channels) {
    for (let count = 0; count < across; count++) {
      for (let channel = 0; channel < channels; channel++) sums[place + channel] += source[from++];
    }
  }
}

/**
 * @typedef {object} Shares which pixels of a line a shrunk pixel covers, and how much of it each is
 * @property {Int32Array} starts the first entry of each shrunk pixel, and the number of entries last
 * @property {Int32Array} places
 * @property {Float32Array} weights
 */

/**
 * @param {number} from pixels of the line
 * @param {number} to pixels of the shrunk line
 * @returns {Shares}
 */
export function shareOut(from, to) {
  const step = from / to;
  const starts = new Int32Array(to + 1);
  /** @type {number[]} */
  const places = [];
  /** @type {number[]} */
  const weights = [];
  for (let place = 0; place < to; place++) {
    const [begin, end] = [place * step, place * step + step];
    const cell = Math.min(step, from - begin);
    let [first, last] = [Math.ceil(begin), Math.floor(end)];
    last = Math.min(last, from - 1);
    first = Math.min(first, last);
    if (first - begin > 1e-3) {
      places.push(first - 1);
      weights.push((first - begin) / cell);
    }
    for (let inner = first; inner < last; inner++) {
      places.push(inner);
      weights.push(1 / cell);
    }
    if (end - last > 1e-3) {
      places.push(last);
      weights.push(Math.min(Math.min(end - last, 1), cell) / cell);
    }
    starts[place + 1] = places.length;
  }
  return { starts, places: Int32Array.from(places), weights: Float32Array.from(weights) };
}

/**
 * Shrink by any factors: each pixel is the mean of a rectangle whose edges may cut pixels.
 *
 * @param {Raster} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster}
 */
export function resizeByArea(raster, width, height) {
  const { channels } = raster;
  const [columns, rows] = [shareOut(raster.width, width), shareOut(raster.height, height)];
  const data = new Uint8Array(width * height * channels);
  const rounded = new Uint8ClampedArray(data.buffer);
  const [line, sums] = [new Float32Array(width * channels), new Float32Array(width * channels)];
  let known = -1;
  for (let row = 0, to = 0; row < height; row++) {
    sums.fill(0);
    for (let entry = rows.starts[row]; entry < rows.starts[row + 1]; entry++) {
      const place = rows.places[entry];
      if (place !== known) shrinkLine(raster.data, place * raster.width * channels, channels, columns, line);
      known = place;
      const weight = rows.weights[entry];
      for (let at = 0; at < sums.length; at++) sums[at] += Math.fround(weight * line[at]);
    }
    for (let at = 0; at < sums.length; at++, to++) rounded[to] = sums[at];
  }
  return new Raster(width, height, channels, data);
}

/**
 * @param {Uint8Array} source
 * @param {number} start of the line in `source`
 * @param {number} channels
 * @param {Shares} columns
 * @param {Float32Array} line result
 */
function shrinkLine(source, start, channels, { starts, places, weights }, line) {
  const width = starts.length - 1;
  const fround = Math.fround;
  if (channels === 3) {
    for (let column = 0, entry = 0; column < width; column++) {
      const end = starts[column + 1];
      let red = fround(0);
      let green = fround(0);
      let blue = fround(0);
      for (; entry < end; entry++) {
        const from = start + 3 * places[entry];
        const weight = weights[entry];
        red = fround(red + fround(source[from] * weight));
        green = fround(green + fround(source[from + 1] * weight));
        blue = fround(blue + fround(source[from + 2] * weight));
      }
      line[3 * column] = red;
      line[3 * column + 1] = green;
      line[3 * column + 2] = blue;
    }
    return;
  }
  for (let column = 0; column < width; column++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum = fround(0);
      for (let entry = starts[column]; entry < starts[column + 1]; entry++) {
        sum = fround(sum + fround(source[start + channels * places[entry] + channel] * weights[entry]));
      }
      line[channels * column + channel] = sum;
    }
  }
}

/**
 * Return one value of a raster that is shrunk by any factors.
 *
 * @param {Raster} raster
 * @param {Shares} columns
 * @param {Shares} rows
 * @param {number} column of the shrunk raster
 * @param {number} row likewise
 * @param {number} channel
 * @returns {number} not rounded
 */
export function shrinkValue({ width, channels, data }, columns, rows, column, row, channel) {
  const { fround } = Math;
  let sum = 0;
  for (let line = rows.starts[row]; line < rows.starts[row + 1]; line++) {
    const start = rows.places[line] * width * channels + channel;
    let part = 0;
    for (let entry = columns.starts[column]; entry < columns.starts[column + 1]; entry++) {
      part = fround(part + fround(data[start + channels * columns.places[entry]] * columns.weights[entry]));
    }
    sum = fround(sum + fround(rows.weights[line] * part));
  }
  return sum;
}
