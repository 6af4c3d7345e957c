/** Morphology of rasters of one channel. What is outside of a raster does not count. */

import { Raster } from "../raster.js";
import { subtract } from "./arithmetic.js";

/** @typedef {import("../raster.js").Pixels} Pixels */

/**
 * @typedef {object} Kernel a structuring element whose rows are runs of pixels; its anchor is in the middle
 * @property {number} width
 * @property {number} height
 * @property {number[]} starts first column of each row
 * @property {number[]} ends column after the last of each row
 */

/**
 * Return an ellipse in a square; `cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))`.
 *
 * @param {number} side in pixels
 * @returns {Kernel}
 */
export function ellipse(side) {
  const radius = Math.floor(side / 2);
  const square = radius > 0 ? 1 / (radius * radius) : 0;
  const [starts, ends] = [new Array(side), new Array(side)];
  for (let row = 0; row < side; row++) {
    const down = row - radius;
    const across = Math.round(radius * Math.sqrt((radius * radius - down * down) * square));
    starts[row] = Math.max(radius - across, 0);
    ends[row] = Math.min(radius + across + 1, side);
  }
  return { width: side, height: side, starts, ends };
}

/**
 * Return a rectangle; NumPy's `np.ones((height, width))`.
 *
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @returns {Kernel}
 */
export function rectangle(width, height) {
  return { width, height, starts: new Array(height).fill(0), ends: new Array(height).fill(width) };
}

/**
 * Return the least value within the kernel around each pixel; `cv2.erode`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8 or float32
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function erode(raster, kernel) {
  return findExtremes(raster, kernel, false);
}

/**
 * Return the greatest value within the kernel around each pixel; `cv2.dilate`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster uint8 or float32
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function dilate(raster, kernel) {
  return findExtremes(raster, kernel, true);
}

/**
 * Erode and dilate; `cv2.MORPH_OPEN`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function open(raster, kernel) {
  return dilate(erode(raster, kernel), kernel);
}

/**
 * Dilate and erode; `cv2.MORPH_CLOSE`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {Kernel} kernel
 * @returns {Raster<T>}
 */
export function close(raster, kernel) {
  return erode(dilate(raster, kernel), kernel);
}

/**
 * Return what opening removes; `cv2.MORPH_TOPHAT`.
 *
 * @param {Raster} raster
 * @param {Kernel} kernel
 * @returns {Raster}
 */
export function topHat(raster, kernel) {
  return subtract(raster, open(raster, kernel));
}

/**
 * Return what closing adds; `cv2.MORPH_BLACKHAT`.
 *
 * @param {Raster} raster
 * @param {Kernel} kernel
 * @returns {Raster}
 */
export function blackHat(raster, kernel) {
  return subtract(close(raster, kernel), raster);
}

/**
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {Kernel} kernel
 * @param {boolean} isGreatest
 * @returns {Raster<T>}
 */
function findExtremes(raster, kernel, isGreatest) {
  const { width, height } = raster;
  const keys = toKeys(raster.data, isGreatest);
  const isRectangle = kernel.starts.every((start, row) => start === 0 && kernel.ends[row] === kernel.width);
  const found = isRectangle ? spread(keys, width, height, kernel) : combine(keys, width, height, kernel);
  return new Raster(width, height, 1, fromKeys(found, raster.data, isGreatest));
}

/** Less than any key. */
const NOTHING = -(2 ** 31);

/**
 * Return whole numbers in the order of the values, or in the reverse order, so that the greatest is sought in any case.
 *
 * @param {Pixels} data uint8 or float32
 * @param {boolean} isGreatest
 * @returns {Int32Array}
 */
function toKeys(data, isGreatest) {
  const keys = new Int32Array(data.length);
  const flip = isGreatest ? 0 : -1;
  if (data instanceof Float32Array) {
    // The bits of a float32 are in its order, where the sign does not turn them around.
    const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
    for (let place = 0; place < keys.length; place++) {
      keys[place] = bits[place] ^ ((bits[place] >> 31) & 0x7fffffff) ^ flip;
    }
  } else {
    for (let place = 0; place < keys.length; place++) keys[place] = data[place] ^ flip;
  }
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
  if (like instanceof Float32Array) {
    const bits = new Int32Array(keys.length);
    for (let place = 0; place < keys.length; place++) {
      const key = keys[place] ^ flip;
      bits[place] = key ^ ((key >> 31) & 0x7fffffff);
    }
    return /** @type {T} */ (/** @type {unknown} */ (new Float32Array(bits.buffer)));
  }
  const data = new Uint8Array(keys.length);
  for (let place = 0; place < keys.length; place++) data[place] = keys[place] ^ flip;
  return /** @type {T} */ (/** @type {unknown} */ (data));
}

/**
 * Return the greatest key of a rectangle around each pixel: first along the rows, then along the columns.
 *
 * @param {Int32Array} keys
 * @param {number} width
 * @param {number} height
 * @param {Kernel} kernel
 * @returns {Int32Array}
 */
function spread(keys, width, height, kernel) {
  const [before, above] = [kernel.width >> 1, kernel.height >> 1];
  const framed = new Int32Array(width * (height + kernel.height - 1)).fill(NOTHING);
  const line = new Int32Array(width + kernel.width - 1);
  for (let row = 0; row < height; row++) {
    line.fill(NOTHING);
    line.set(keys.subarray(row * width, (row + 1) * width), before);
    findGreatest(line, kernel.width, 1);
    framed.set(line.subarray(0, width), (row + above) * width);
  }
  findGreatest(framed, kernel.height, width);
  return framed.subarray(0, width * height);
}

/**
 * Replace each key by the greatest of itself and those that follow, by windows twice as long each time.
 *
 * @param {Int32Array} keys
 * @param {number} count of keys in a window
 * @param {number} step between them
 */
function findGreatest(keys, count, step) {
  let covered = 1;
  while (covered < count) {
    const reach = Math.min(covered, count - covered);
    const shift = reach * step;
    for (let place = 0, from = shift; from < keys.length; place++, from++) {
      if (keys[from] > keys[place]) keys[place] = keys[from];
    }
    covered += reach;
  }
}

/**
 * Return the greatest key of a kernel around each pixel, from the greatest of its runs along the rows.
 *
 * @param {Int32Array} keys
 * @param {number} width
 * @param {number} height
 * @param {Kernel} kernel
 * @returns {Int32Array}
 */
function combine(keys, width, height, kernel) {
  const [before, above] = [kernel.width >> 1, kernel.height >> 1];
  const names = kernel.starts.map((start, row) => `${start} ${kernel.ends[row]}`);
  const runs = [...new Set(names)].map((name) => name.split(" ").map(Number));
  const found = new Int32Array(width * height).fill(NOTHING);
  const line = new Int32Array(width + kernel.width - 1);
  for (const [start, end] of runs) {
    const rows = names.flatMap((name, row) => (name === `${start} ${end}` ? [row] : []));
    for (let from = 0; from < height; from++) {
      line.fill(NOTHING);
      line.set(keys.subarray(from * width, (from + 1) * width), before);
      findGreatest(line, end - start, 1);
      for (const row of rows) {
        const to = from - row + above;
        if (to >= 0 && to < height) raise(found, to * width, line, start, width);
      }
    }
  }
  return found;
}

/**
 * Replace keys by those of a line where they are greater.
 *
 * @param {Int32Array} keys
 * @param {number} to
 * @param {Int32Array} line
 * @param {number} from
 * @param {number} length
 */
function raise(keys, to, line, from, length) {
  for (let place = 0; place < length; place++) {
    if (line[from + place] > keys[to + place]) keys[to + place] = line[from + place];
  }
}
