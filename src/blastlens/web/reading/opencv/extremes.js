/** Least and greatest values around each pixel of a raster with many values. */

import { Raster } from "../raster.js";

/** @typedef {import("../raster.js").Pixels} Pixels */
/** @typedef {import("./morphology.js").Kernel} Kernel */

/**
 * Return the least or greatest value within the kernel around each pixel.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8 or float32, of one channel
 * @param {Kernel} kernel
 * @param {boolean} isGreatest
 * @returns {Raster<T>}
 */
export function findExtremes(raster, kernel, isGreatest) {
  const { width, height, data } = raster;
  const isRectangle = kernel.starts.every((start, row) => start === 0 && kernel.ends[row] === kernel.width);
  if (data instanceof Uint8Array && isRectangle) {
    const found = spread(isGreatest ? data : reverse(data), width, height, kernel);
    return /** @type {any} */ (new Raster(width, height, 1, isGreatest ? found : reverse(found)));
  }
  const found = combine(toKeys(data, isGreatest), width, height, kernel);
  return new Raster(width, height, 1, fromKeys(found, data, isGreatest));
}

/** Return the values in reverse order, so that the greatest is sought in any case. @param {Uint8Array} data */
function reverse(data) {
  const reversed = new Uint8Array(data.length);
  for (let place = 0; place < data.length; place++) reversed[place] = 255 - data[place];
  return reversed;
}

/**
 * Return the greatest value of a rectangle around each pixel: first along the rows, then along the columns.
 *
 * @param {Uint8Array} data
 * @param {number} width
 * @param {number} height
 * @param {Kernel} kernel
 * @returns {Uint8Array}
 */
function spread(data, width, height, kernel) {
  const [before, above] = [kernel.width >> 1, kernel.height >> 1];
  const framed = new Uint8Array(width * (height + kernel.height - 1));
  const line = new Uint8Array(width + kernel.width - 1);
  for (let row = 0; row < height; row++) {
    line.fill(0);
    line.set(data.subarray(row * width, (row + 1) * width), before);
    findGreatest(line, kernel.width, 1);
    framed.set(line.subarray(0, width), (row + above) * width);
  }
  findGreatest(framed, kernel.height, width);
  return framed.slice(0, width * height);
}

/**
 * Replace each value by the greatest of itself and those that follow, by windows up to twice as long each time.
 *
 * @param {Uint8Array} data
 * @param {number} count of values in a window
 * @param {number} step between them
 */
function findGreatest(data, count, step) {
  for (let covered = 1; covered < count; ) {
    const reach = Math.min(covered, count - covered);
    for (let place = 0, from = reach * step; from < data.length; place++, from++) {
      if (data[from] > data[place]) data[place] = data[from];
    }
    covered += reach;
  }
}

/** Less than any key. */
const NOTHING = -(2 ** 31);

/**
 * Return whole numbers in the order of the values, or in the reverse order.
 *
 * @param {Pixels} data uint8 or float32
 * @param {boolean} isGreatest
 * @returns {Int32Array}
 */
function toKeys(data, isGreatest) {
  const flip = isGreatest ? 0 : -1;
  if (!(data instanceof Float32Array)) return Int32Array.from(data, (value) => value ^ flip);
  // The bits of a float32 are in its order, where the sign does not turn them around.
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  const keys = new Int32Array(data.length);
  for (let place = 0; place < keys.length; place++) keys[place] = turn(bits[place]) ^ flip;
  return keys;
}

/**
 * @template {Pixels} T
 * @param {Int32Array} keys
 * @param {T} like
 * @param {boolean} isGreatest
 * @returns {T}
 */
function fromKeys(keys, like, isGreatest) {
  const flip = isGreatest ? 0 : -1;
  if (!(like instanceof Float32Array)) return /** @type {any} */ (Uint8Array.from(keys, (key) => key ^ flip));
  const bits = new Int32Array(keys.length);
  for (let place = 0; place < keys.length; place++) bits[place] = turn(keys[place] ^ flip);
  return /** @type {any} */ (new Float32Array(bits.buffer));
}

/** Turn the order of negative numbers around. @param {number} bits */
function turn(bits) {
  return bits ^ ((bits >> 31) & 0x7fffffff);
}

/**
 * Return the greatest key of a kernel around each pixel.
 *
 * Of each row, the greatest keys of windows of 1, 2, 4, ... pixels are found. Two of these windows cover a run.
 *
 * @param {Int32Array} keys
 * @param {number} width
 * @param {number} height
 * @param {Kernel} kernel
 * @returns {Int32Array}
 */
function combine(keys, width, height, kernel) {
  const [before, above] = [kernel.width >> 1, kernel.height >> 1];
  const found = new Int32Array(width * height).fill(NOTHING);
  const length = width + kernel.width - 1;
  const depth = 32 - Math.clz32(kernel.width);
  const windows = Array.from({ length: depth }, () => new Int32Array(length));
  const levels = kernel.starts.map((start, row) => 31 - Math.clz32(kernel.ends[row] - start));
  for (let from = 0; from < height; from++) {
    windows[0].fill(NOTHING);
    windows[0].set(keys.subarray(from * width, (from + 1) * width), before);
    for (let level = 1; level < depth; level++) doubleWindows(windows[level - 1], 1 << (level - 1), windows[level]);
    for (let row = 0; row < kernel.height; row++) {
      const to = from - row + above;
      if (to < 0 || to >= height) continue;
      const last = kernel.ends[row] - (1 << levels[row]);
      raise(found, to * width, windows[levels[row]], kernel.starts[row], last, width);
    }
  }
  return found;
}

/**
 * @param {Int32Array} keys greatest of windows
 * @param {number} count of pixels in a window
 * @param {Int32Array} doubled greatest of windows twice as long
 */
function doubleWindows(keys, count, doubled) {
  const end = keys.length - count;
  for (let place = 0; place < end; place++) {
    const other = keys[place + count];
    doubled[place] = keys[place] > other ? keys[place] : other;
  }
  doubled.set(keys.subarray(end), end);
}

/**
 * Replace keys by the greater of two windows of a line where that is greater.
 *
 * @param {Int32Array} keys
 * @param {number} to
 * @param {Int32Array} windows
 * @param {number} first
 * @param {number} second
 * @param {number} length
 */
function raise(keys, to, windows, first, second, length) {
  for (let place = 0; place < length; place++) {
    let key = keys[to + place];
    if (windows[first + place] > key) key = windows[first + place];
    if (windows[second + place] > key) key = windows[second + place];
    keys[to + place] = key;
  }
}
