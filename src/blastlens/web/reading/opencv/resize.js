/** Resizing of rasters as OpenCV's `resize` does it: by area, linearly, and by the nearest pixel. */

import { Raster, copy, createLike } from "../raster.js";
import { roundHalfEven } from "./arithmetic.js";
import { resizeByArea, resizeByWholeArea } from "./resize_area.js";
import { isLarge, shrinkLarge } from "./shrink_large.js";

/** @typedef {import("../raster.js").Pixels} Pixels */
/** @typedef {"area" | "linear" | "nearest"} Method */

/** Weights of linear interpolation of uint8 are whole numbers of this unit's parts. */
const WEIGHT_BITS = 11;
const WEIGHT_ONE = 1 << WEIGHT_BITS;

/**
 * Resize a raster; Python's `cv2.resize(raster, (width, height), interpolation=...)`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8, or float32 where the method is not by area
 * @param {number} width
 * @param {number} height
 * @param {Method} method
 * @returns {Raster<T>} a copy where the size is the same
 */
export function resize(raster, width, height, method) {
  if (width === raster.width && height === raster.height) return copy(raster);
  if (method === "nearest") return resizeNearest(raster, width, height);
  if (raster.data instanceof Uint8Array) {
    const image = /** @type {Raster} */ (/** @type {unknown} */ (raster));
    return /** @type {Raster<T>} */ (/** @type {unknown} */ (resizeBytes(image, width, height, method)));
  }
  return resizeLinearFloats(raster, width, height);
}

/**
 * @param {Raster} raster
 * @param {number} width
 * @param {number} height
 * @param {"area" | "linear"} method
 * @returns {Raster}
 */
function resizeBytes(raster, width, height, method) {
  const [across, down] = [raster.width / width, raster.height / height];
  const isHalf = across === 2 && down === 2;
  if (isHalf || (method === "area" && across >= 1 && down >= 1)) {
    if (Number.isInteger(across) && Number.isInteger(down)) return resizeByWholeArea(raster, width, height);
    return isLarge(raster, height) ? shrinkLarge(raster, width, height) : resizeByArea(raster, width, height);
  }
  return resizeLinearBytes(raster, width, height, method);
}

/**
 * Resize to the values of the nearest pixels.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>}
 */
function resizeNearest(raster, width, height) {
  const { channels } = raster;
  const [source, data] = [raster.data, createLike(raster.data, width * height * channels)];
  const columns = findNearest(raster.width, width);
  const rows = findNearest(raster.height, height);
  const stride = width * channels;
  for (let row = 0; row < height; row++) {
    let to = row * stride;
    if (row > 0 && rows[row] === rows[row - 1]) {
      data.copyWithin(to, to - stride, to);
      continue;
    }
    const start = rows[row] * raster.width;
    for (let column = 0; column < width; column++) {
      const from = (start + columns[column]) * channels;
      for (let channel = 0; channel < channels; channel++) data[to++] = source[from + channel];
    }
  }
  return new Raster(width, height, channels, data);
}

/**
 * Resize a mask to the nearest pixels, cut a part of it, and resize that likewise, without the large mask between.
 *
 * @param {Raster} mask of one channel
 * @param {{width: number, height: number}} between
 * @param {{left: number, top: number, width: number, height: number}} part
 * @param {number} width of the result
 * @param {number} height of the result
 * @returns {Raster}
 */
export function resizeTwice(mask, between, part, width, height) {
  const columns = findNearest(part.width, width).map((at) => findOne(mask.width, between.width, part.left + at));
  const rows = findNearest(part.height, height).map((at) => findOne(mask.height, between.height, part.top + at));
  const data = new Uint8Array(width * height);
  for (let row = 0, to = 0; row < height; row++) {
    const start = rows[row] * mask.width;
    for (let column = 0; column < width; column++) data[to++] = mask.data[start + columns[column]];
  }
  return new Raster(width, height, 1, data);
}

/** @param {number} from @param {number} to @param {number} place of `to` @returns {number} the nearest of `from` */
function findOne(from, to, place) {
  return from === to ? place : Math.min(Math.floor(place * (1 / (to / from))), from - 1);
}

/**
 * @param {number} from
 * @param {number} to
 * @returns {Int32Array} the nearest of `from` pixels for each of `to`
 */
function findNearest(from, to) {
  return Int32Array.from({ length: to }, (_, place) => findOne(from, to, place));
}

/**
 * @typedef {object} Neighbours the two pixels of a line that a resized pixel lies between
 * @property {Int32Array} first
 * @property {Int32Array} second
 * @property {Float64Array} weights of the second, 0 to 1
 */

/**
 * @param {number} from pixels of the line
 * @param {number} to pixels of the resized line
 * @param {boolean} isFine whether positions have 64 bits, not 32
 * @returns {Neighbours}
 */
function findNeighbours(from, to, isFine) {
  const step = 1 / (to / from);
  return collectNeighbours(from, to, (place) => {
    const position = (place + 0.5) * step - 0.5;
    return isFine ? position : Math.fround(position);
  });
}

/**
 * Return the neighbours for resizing by area where a side is enlarged: pixels keep their colour where it is enlarged by
 * a whole factor.
 *
 * @param {number} from pixels of the line
 * @param {number} to pixels of the resized line
 * @returns {Neighbours}
 */
function findCovered(from, to) {
  const inverse = to / from;
  const step = 1 / inverse;
  return collectNeighbours(from, to, (place) => {
    const first = Math.floor(place * step);
    const position = Math.fround(place + 1 - (first + 1) * inverse);
    return first + (position <= 0 ? 0 : Math.fround(position - Math.floor(position)));
  });
}

/**
 * @param {number} from
 * @param {number} to
 * @param {(place: number) => number} locate returns the position on the line of a place on the resized line
 * @returns {Neighbours}
 */
function collectNeighbours(from, to, locate) {
  const [first, second, weights] = [new Int32Array(to), new Int32Array(to), new Float64Array(to)];
  for (let place = 0; place < to; place++) {
    const position = locate(place);
    const at = Math.floor(position);
    first[place] = Math.min(Math.max(at, 0), from - 1);
    second[place] = Math.min(Math.max(at + 1, 0), from - 1);
    weights[place] = position - at;
  }
  return { first, second, weights };
}

/**
 * Resize uint8 linearly, with weights of 11 bits.
 *
 * @param {Raster} raster
 * @param {number} width
 * @param {number} height
 * @param {"area" | "linear"} method
 * @returns {Raster}
 */
function resizeLinearBytes(raster, width, height, method) {
  const { channels } = raster;
  const find = (/** @type {number} */ from, /** @type {number} */ to) =>
    method === "linear" ? findNeighbours(from, to, false) : findCovered(from, to);
  const [columns, rows] = [find(raster.width, width), find(raster.height, height)];
  const [across, down] = [toWhole(columns.weights), toWhole(rows.weights)];
  const data = new Uint8Array(width * height * channels);
  let [upper, lower] = [new Int32Array(width * channels), new Int32Array(width * channels)];
  let [upperRow, lowerRow] = [-1, -1];
  const stride = raster.width * channels;
  for (let row = 0, to = 0; row < height; row++) {
    const [first, second] = [rows.first[row], rows.second[row]];
    if (first === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (first !== upperRow) stretchLine(raster.data, first * stride, channels, columns, across, upper);
    if (second !== lowerRow) stretchLine(raster.data, second * stride, channels, columns, across, lower);
    [upperRow, lowerRow] = [first, second];
    const [above, below] = [down[2 * row], down[2 * row + 1]];
    for (let place = 0; place < upper.length; place++) {
      data[to++] = (((above * (upper[place] >> 4)) >> 16) + ((below * (lower[place] >> 4)) >> 16) + 2) >> 2;
    }
  }
  return new Raster(width, height, channels, data);
}

/**
 * @param {Float64Array} weights of the second neighbour
 * @returns {Int32Array} of the first and the second neighbour, side by side, in parts of `WEIGHT_ONE`
 */
function toWhole(weights) {
  const whole = new Int32Array(2 * weights.length);
  for (let place = 0; place < weights.length; place++) {
    const weight = Math.fround(weights[place]);
    whole[2 * place] = roundHalfEven(Math.fround(1 - weight) * WEIGHT_ONE);
    whole[2 * place + 1] = roundHalfEven(weight * WEIGHT_ONE);
  }
  return whole;
}

/**
 * @param {Uint8Array} source
 * @param {number} start of the line in `source`
 * @param {number} channels
 * @param {Neighbours} columns
 * @param {Int32Array} weights
 * @param {Int32Array} line result, in parts of `WEIGHT_ONE`
 */
function stretchLine(source, start, channels, { first, second }, weights, line) {
  for (let column = 0, to = 0; column < first.length; column++) {
    const left = start + first[column] * channels;
    const right = start + second[column] * channels;
    const leftWeight = weights[2 * column];
    const rightWeight = weights[2 * column + 1];
    for (let channel = 0; channel < channels; channel++) {
      line[to++] = source[left + channel] * leftWeight + source[right + channel] * rightWeight;
    }
  }
}

/**
 * Resize float32 linearly.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>}
 */
function resizeLinearFloats(raster, width, height) {
  const { channels } = raster;
  const [columns, rows] = [findNeighbours(raster.width, width, true), findNeighbours(raster.height, height, true)];
  const data = createLike(raster.data, width * height * channels);
  let [upper, lower] = [new Float32Array(width * channels), new Float32Array(width * channels)];
  let [upperRow, lowerRow] = [-1, -1];
  for (let row = 0, to = 0; row < height; row++) {
    const [first, second] = [rows.first[row], rows.second[row]];
    if (first === lowerRow) {
      [upper, lower] = [lower, upper];
      [upperRow, lowerRow] = [lowerRow, upperRow];
    }
    if (first !== upperRow) stretchFloats(raster, first, columns, upper);
    if (second !== lowerRow) stretchFloats(raster, second, columns, lower);
    [upperRow, lowerRow] = [first, second];
    const below = Math.fround(rows.weights[row]);
    for (let place = 0; place < upper.length; place++) {
      data[to++] = upper[place] + Math.fround(lower[place] - upper[place]) * below;
    }
  }
  return new Raster(width, height, channels, data);
}

/**
 * @param {Raster<Pixels>} raster
 * @param {number} row
 * @param {Neighbours} columns
 * @param {Float32Array} line result
 */
function stretchFloats({ width, channels, data }, row, { first, second, weights }, line) {
  const start = row * width * channels;
  for (let column = 0, to = 0; column < first.length; column++) {
    const left = start + first[column] * channels;
    const right = start + second[column] * channels;
    const weight = Math.fround(weights[column]);
    for (let channel = 0; channel < channels; channel++) {
      line[to++] = data[left + channel] + Math.fround(data[right + channel] - data[left + channel]) * weight;
    }
  }
}
