/** Lines drawn into rasters of one channel, in place, with the pixels of OpenCV. */

/** @typedef {import("../raster.js").Raster} Raster */

/** Places between pixels are in parts of ONE. */
export const ONE = 2 ** 16;

/**
 * Draw closed polygons with lines of one pixel; `cv2.polylines`.
 *
 * @param {Raster} raster
 * @param {readonly Int32Array[]} polygons
 * @param {number} value
 */
export function polylines(raster, polygons, value) {
  for (const points of polygons) {
    let [x, y] = [points[points.length - 2], points[points.length - 1]];
    for (let place = 0; place < points.length; place += 2) {
      drawLine(raster, x, y, points[place], points[place + 1], value);
      x = points[place];
      y = points[place + 1];
    }
  }
}

/**
 * Draw a line from its left to its right end, after Bresenham 1965 (IBM Syst J 4:25).
 *
 * @param {Raster} raster
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {number} value
 */
export function drawLine(raster, x1, y1, x2, y2, value) {
  const { width, height, data } = raster;
  const ends = [x1, y1, x2, y2];
  if (!clipLine(width, height, ends)) return;
  const [startX, startY, endX, endY] = ends[0] <= ends[2] ? ends : [ends[2], ends[3], ends[0], ends[1]];
  let [long, short] = [endX - startX, Math.abs(endY - startY)];
  let [longStep, shortStep] = [1, endY < startY ? -width : width];
  if (short > long) {
    [long, short] = [short, long];
    [longStep, shortStep] = [shortStep, longStep];
  }
  let error = long - 2 * short;
  for (let count = 0, at = startY * width + startX; count <= long; count++) {
    data[at] = value;
    at += longStep;
    if (error < 0) {
      at += shortStep;
      error += 2 * long;
    }
    error -= 2 * short;
  }
}

/**
 * Cut a line to the part within a rectangle from 0, 0, after Cohen and Sutherland.
 *
 * @param {number} width
 * @param {number} height
 * @param {number[]} ends x and y of both; what is cut off until it shows that nothing is left stays cut off
 * @returns {boolean} whether anything is left
 */
export function clipLine(width, height, ends) {
  const [right, bottom] = [width - 1, height - 1];
  const isBeside = () => (ends[0] < 0 && ends[2] < 0) || (ends[0] > right && ends[2] > right);
  const isAboveOrBelow = (ends[1] < 0 && ends[3] < 0) || (ends[1] > bottom && ends[3] > bottom);
  if (isBeside() || isAboveOrBelow) return false;
  cutEnds(ends, 1, bottom);
  if (isBeside()) return false;
  cutEnds(ends, 0, right);
  return true;
}

/**
 * @param {number[]} ends x and y of both, in place
 * @param {0 | 1} axis whose limits are kept: x or y
 * @param {number} greatest
 */
function cutEnds(ends, axis, greatest) {
  for (const at of [0, 2]) {
    const place = ends[at + axis];
    if (place >= 0 && place <= greatest) continue;
    const limit = place < 0 ? 0 : greatest;
    const [along, across] = [ends[2 + axis] - ends[axis], ends[3 - axis] - ends[1 - axis]];
    ends[at + 1 - axis] += Math.trunc(((limit - place) * across) / along);
    ends[at + axis] = limit;
  }
}

/**
 * Draw a line whose ends lie between pixels.
 *
 * @param {Raster} raster
 * @param {number} x1 in parts of ONE, as all places here
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {number} value
 */
export function drawFineLine(raster, x1, y1, x2, y2, value) {
  const { width, height } = raster;
  const ends = [x1, y1, x2, y2];
  if (!clipLine(width * ONE, height * ONE, ends)) return;
  const put = (/** @type {number} */ x, /** @type {number} */ y) => {
    if (x >= 0 && x < width && y >= 0 && y < height) raster.data[y * width + x] = value;
  };
  const isWide = Math.abs(ends[2] - ends[0]) > Math.abs(ends[3] - ends[1]);
  const forward = isWide ? ends[2] >= ends[0] : ends[3] >= ends[1];
  const [fromX, fromY, toX, toY] = forward ? ends : [ends[2], ends[3], ends[0], ends[1]];
  const half = ONE / 2;
  put(Math.floor((toX + half) / ONE), Math.floor((toY + half) / ONE));
  const length = isWide ? toX - fromX : toY - fromY;
  const step = Math.trunc(((isWide ? toY - fromY : toX - fromX) * ONE) / (length | 1));
  const first = Math.floor(((isWide ? fromX : fromY) + half) / ONE);
  let other = (isWide ? fromY : fromX) + half;
  for (let count = 0; count <= Math.floor(length / ONE); count++, other += step) {
    const rounded = Math.floor(other / ONE);
    if (isWide) put(first + count, rounded);
    else put(rounded, first + count);
  }
}

/**
 * @param {Raster} raster
 * @param {number} row
 * @param {number} first
 * @param {number} last
 * @param {number} value
 */
export function fillRow({ width, data }, row, first, last, value) {
  if (first <= last) data.fill(value, row * width + first, row * width + last + 1);
}
