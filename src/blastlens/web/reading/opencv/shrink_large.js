/**
 * Shrinking of large images by area, with sums of whole numbers.
 *
 * The inner rows of a shrunk row are added four bytes at a time, and its columns once for all of them. OpenCV adds
 * products in single precision instead, pixel by pixel. Values so near to a half that its errors may decide to which side
 * they are rounded are therefore computed again as OpenCV does it.
 */

import { Raster } from "../raster.js";
import { shareOut, shrinkValue } from "./resize_area.js";

/** From so many pixels on, and where so many rows become one, sums of whole numbers save time. */
const LARGE_PIXELS = 400_000;
const LEAST_ROWS = 2.5;

/** Rows whose bytes a sum of 16 bits can hold. */
const MOST_ROWS = 257;

/** Bytes 0 and 2 of four. */
const EVEN_BYTES = 0x00ff00ff;

/** Greatest error of a product and a sum in single precision, of values up to 255. */
const ERROR = 2 ** -16;

/** Parts of a pixel at an edge that are smaller than this do not count, as in OpenCV. */
const LEAST_PART = 1e-3;

/**
 * Which pixels of a line each shrunk pixel covers: whole ones from `first` to `last` (not included), each with `weight`,
 * and parts of the one before and of the one after them, with weights that are 0 where there is no such part.
 *
 * @typedef {{first: Int32Array, last: Int32Array, weight: Float32Array, before: Float32Array, after: Float32Array}} Spans
 */

/**
 * Whether an image is shrunk faster here: large, of three channels, and by no more than the sums hold.
 *
 * @param {Raster} raster uint8
 * @param {number} shrunkHeight
 */
export function isLarge({ width, height, channels }, shrunkHeight) {
  const rows = height / shrunkHeight;
  return channels === 3 && width * height >= LARGE_PIXELS && rows >= LEAST_ROWS && rows < MOST_ROWS - 1;
}

/**
 * Shrink an image by any factors: each pixel is the mean of a rectangle whose edges may cut pixels.
 *
 * @param {Raster} raster uint8 of three channels
 * @param {number} width at most the raster's
 * @param {number} height at most the raster's
 * @returns {Raster}
 */
export function shrinkLarge(raster, width, height) {
  const [columns, rows] = [listSpans(raster.width, width), listSpans(raster.height, height)];
  const stride = raster.width * 3;
  const sums = new Uint16Array(stride);
  const [inner, edge, totals] = [0, 1, 2].map(() => new Float64Array(width * 3));
  const shrunk = new Raster(width, height, 3, new Uint8Array(width * height * 3));
  const round = makeRounding(raster, shrunk);
  let edgeRow = -1;
  const addEdge = (/** @type {number} */ row, /** @type {number} */ weight) => {
    if (weight === 0) return;
    if (row !== edgeRow) {
      sums.set(raster.data.subarray(row * stride, (row + 1) * stride));
      shrinkSums(sums, columns, edge);
      edgeRow = row;
    }
    for (let place = 0; place < totals.length; place++) totals[place] += weight * edge[place];
  };
  for (let row = 0; row < height; row++) {
    sumRows(raster.data, rows.first[row] * stride, rows.last[row] - rows.first[row], sums);
    shrinkSums(sums, columns, inner);
    const weight = rows.weight[row];
    for (let place = 0; place < totals.length; place++) totals[place] = weight * inner[place];
    addEdge(rows.first[row] - 1, rows.before[row]);
    addEdge(rows.last[row], rows.after[row]);
    round(totals, row);
  }
  return shrunk;
}

/**
 * Return a function that rounds a row of totals into the shrunk raster.
 *
 * @param {Raster} raster
 * @param {Raster} shrunk
 * @returns {(totals: Float64Array, row: number) => void}
 */
function makeRounding(raster, shrunk) {
  const [columns, rows] = [shareOut(raster.width, shrunk.width), shareOut(raster.height, shrunk.height)];
  const rounded = new Uint8ClampedArray(shrunk.data.buffer);
  const entries = columns.places.length / shrunk.width + rows.places.length / shrunk.height + 4;
  const limit = 0.5 - ERROR * entries;
  return (totals, row) => {
    const start = row * totals.length;
    for (let place = 0; place < totals.length; place++) {
      const total = totals[place];
      const nearest = Math.floor(total + 0.5);
      const error = nearest - total;
      if (error < limit && -error < limit) rounded[start + place] = nearest;
      else rounded[start + place] = shrinkValue(raster, columns, rows, Math.floor(place / 3), row, place % 3);
    }
  };
}

/** @param {number} from pixels of a line @param {number} to pixels of the shrunk line @returns {Spans} */
function listSpans(from, to) {
  const step = from / to;
  const [first, last] = [new Int32Array(to), new Int32Array(to)];
  const [weight, before, after] = [0, 1, 2].map(() => new Float32Array(to));
  for (let place = 0; place < to; place++) {
    const [begin, end] = [place * step, place * step + step];
    const cell = Math.min(step, from - begin);
    last[place] = Math.min(Math.floor(end), from - 1);
    first[place] = Math.min(Math.ceil(begin), last[place]);
    weight[place] = 1 / cell;
    const [left, right] = [first[place] - begin, end - last[place]];
    if (left > LEAST_PART) before[place] = left / cell;
    if (right > LEAST_PART) after[place] = Math.min(right, 1, cell) / cell;
  }
  return { first, last, weight, before, after };
}

/**
 * Write the sums of some rows, value by value.
 *
 * @param {Uint8Array} source
 * @param {number} start of the first row
 * @param {number} count of rows
 * @param {Uint16Array} sums as long as a row
 */
function sumRows(source, start, count, sums) {
  const length = sums.length;
  if (length % 4 !== 0 || source.byteOffset % 4 !== 0) {
    sums.fill(0);
    for (let at = start; at < start + count * length; at += length) {
      for (let place = 0; place < length; place++) sums[place] += source[at + place];
    }
    return;
  }
  const words = new Int32Array(source.buffer, source.byteOffset + start, (count * length) / 4);
  const across = length / 4;
  for (let place = 0; place < across; place++) {
    let even = 0;
    let odd = 0;
    let at = place;
    for (const pairs = words.length - across; at < pairs; at += 2 * across) {
      const one = words[at];
      const other = words[at + across];
      even = (even + (one & EVEN_BYTES) + (other & EVEN_BYTES)) | 0;
      odd = (odd + ((one >>> 8) & EVEN_BYTES) + ((other >>> 8) & EVEN_BYTES)) | 0;
    }
    if (at < words.length) {
      even = (even + (words[at] & EVEN_BYTES)) | 0;
      odd = (odd + ((words[at] >>> 8) & EVEN_BYTES)) | 0;
    }
    sums[4 * place] = even & 0xffff;
    sums[4 * place + 1] = odd & 0xffff;
    sums[4 * place + 2] = even >>> 16;
    sums[4 * place + 3] = odd >>> 16;
  }
}

/**
 * Write the weighted sums of a line's pixels for each shrunk pixel.
 *
 * @param {Uint16Array} sums
 * @param {Spans} spans
 * @param {Float64Array} line result
 */
function shrinkSums(sums, { first, last, weight, before, after }, line) {
  for (let column = 0, to = 0; column < first.length; column++, to += 3) {
    let red = 0;
    let green = 0;
    let blue = 0;
    const start = 3 * first[column];
    const end = 3 * last[column];
    for (let from = start; from < end; from += 3) {
      red += sums[from];
      green += sums[from + 1];
      blue += sums[from + 2];
    }
    const share = weight[column];
    const left = before[column];
    const right = after[column];
    line[to] = red * share + (left > 0 ? left * sums[start - 3] : 0) + (right > 0 ? right * sums[end] : 0);
    line[to + 1] = green * share + (left > 0 ? left * sums[start - 2] : 0) + (right > 0 ? right * sums[end + 1] : 0);
    line[to + 2] = blue * share + (left > 0 ? left * sums[start - 1] : 0) + (right > 0 ? right * sums[end + 2] : 0);
  }
}
