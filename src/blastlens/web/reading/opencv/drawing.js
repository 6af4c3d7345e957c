/** Polygons and circles filled in rasters of one channel, in place, with the pixels of OpenCV. */

import { ONE, clipLine, drawFineLine, fillRow, polylines } from "./lines.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Fill polygons, with their outlines; `cv2.fillPoly`. What lies within two of them is not filled.
 *
 * @param {Raster} raster
 * @param {readonly Int32Array[]} polygons x and y of each corner, side by side
 * @param {number} value
 */
export function fillPoly(raster, polygons, value) {
  polylines(raster, polygons, value);
  const { width, height } = raster;
  const edges = collectEdges(polygons, width, height);
  /** @type {Edge[]} */
  let active = [];
  let next = 0;
  for (let row = edges.length > 0 ? edges[0].top : height; row < height; row++) {
    active = active.filter((edge) => edge.bottom > row);
    while (next < edges.length && edges[next].top === row) active.push(edges[next++]);
    if (active.length === 0 && next === edges.length) break;
    active.sort((a, b) => a.x - b.x);
    for (let place = 0; place + 1 < active.length; place += 2) {
      const [first, last] = [Math.ceil(active[place].x / ONE), Math.floor(active[place + 1].x / ONE)];
      if (row >= 0) fillRow(raster, row, Math.max(first, 0), Math.min(last, width - 1), value);
    }
    for (const edge of active) edge.x += edge.slope;
  }
}

/** Fill contours; `cv2.drawContours` with `cv2.FILLED`. */
export const drawContoursFilled = fillPoly;

/**
 * @typedef {object} Edge of a polygon, not horizontal
 * @property {number} top first row
 * @property {number} bottom row after the last
 * @property {number} x where it crosses the present row, in parts of ONE
 * @property {number} slope of x from row to row
 */

/**
 * @param {readonly Int32Array[]} polygons
 * @param {number} width of the raster
 * @param {number} height of the raster
 * @returns {Edge[]} from the top
 */
function collectEdges(polygons, width, height) {
  /** @type {Edge[]} */
  const edges = [];
  for (const points of polygons) {
    let [x, y] = [points[points.length - 2], points[points.length - 1]];
    for (let place = 0; place < points.length; place += 2) {
      const [toX, toY] = [points[place], points[place + 1]];
      if (toY !== y) edges.push(makeEdge([x, y, toX, toY], width, height));
      [x, y] = [toX, toY];
    }
  }
  return edges.sort((a, b) => a.top - b.top || a.x - b.x || a.slope - b.slope);
}

/**
 * Return an edge. The slope of one that is cut by a border is that of its visible part, as it is drawn.
 *
 * @param {number[]} ends x and y of both
 * @param {number} width
 * @param {number} height
 * @returns {Edge}
 */
function makeEdge(ends, width, height) {
  const [y1, y2] = [ends[1], ends[3]];
  const visible = [...ends];
  clipLine(width, height, visible);
  const [fromX, , toX] = visible;
  const [fromY, toY] = visible[1] === visible[3] ? [y1, y2] : [visible[1], visible[3]];
  const slope = Math.trunc(((toX - fromX) * ONE) / (toY - fromY));
  const x = y1 < y2 ? fromX * ONE + (y1 - fromY) * slope : toX * ONE + (y2 - toY) * slope;
  return { top: Math.min(y1, y2), bottom: Math.max(y1, y2), x, slope };
}

/**
 * Fill a convex polygon; `cv2.fillConvexPoly`.
 *
 * @param {Raster} raster
 * @param {Int32Array} points
 * @param {number} value
 */
export function fillConvexPoly(raster, points, value) {
  polylines(raster, [points], value);
  fillConvex(raster, Array.from(points, (place) => place * ONE), value);
}

/**
 * Fill the inside of a convex polygon between its left and its right side.
 *
 * @param {Raster} raster
 * @param {number[]} points in parts of ONE
 * @param {number} value
 */
function fillConvex(raster, points, value) {
  const { width, height } = raster;
  const count = points.length / 2;
  const rows = Array.from({ length: count }, (_, index) => Math.floor((points[2 * index + 1] + ONE / 2) / ONE));
  let highest = 0;
  for (let index = 1; index < count; index++) if (points[2 * index + 1] < points[2 * highest + 1]) highest = index;
  const lowest = Math.min(Math.max(...rows), height - 1);
  if (count < 3) return;
  let row = rows[highest];
  const sides = [1, count - 1].map((step) => ({ step, index: highest, x: -ONE, slope: 0, end: row }));
  let left = count;
  for (; row <= lowest; row++) {
    for (const side of sides) {
      if (row < side.end) continue;
      let from = side.index;
      let to = (from + side.step) % count;
      for (; left-- > 0; from = to, to = (to + side.step) % count) {
        if (rows[to] <= row) continue;
        const [x, high] = [points[2 * from], rows[to] - row];
        side.slope = Math.trunc(((points[2 * to] - x) * 2 + high) / (2 * high));
        side.x = x;
        side.end = rows[to];
        side.index = to;
        break;
      }
    }
    if (left < 0) break;
    if (row >= 0) {
      const [a, b] = [Math.min(sides[0].x, sides[1].x), Math.max(sides[0].x, sides[1].x)];
      const [first, last] = [Math.floor((a + ONE / 2) / ONE), Math.floor((b + ONE / 2) / ONE)];
      fillRow(raster, row, Math.max(first, 0), Math.min(last, width - 1), value);
    }
    for (const side of sides) side.x += side.slope;
  }
}

/**
 * Fill a circle; `cv2.circle` with `cv2.FILLED`.
 *
 * @param {Raster} raster
 * @param {number} x of the centre, in parts of 2 ** shift
 * @param {number} y of the centre, likewise
 * @param {number} radius likewise
 * @param {number} value
 * @param {number} [shift] bits of the parts; the circle is a polygon where it is not 0
 */
export function fillCircle(raster, x, y, radius, value, shift = 0) {
  if (shift === 0) fillWholeCircle(raster, x, y, radius, value);
  else fillFineCircle(raster, x * (ONE >> shift), y * (ONE >> shift), radius * (ONE >> shift), value);
}

/**
 * @param {Raster} raster
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {number} value
 */
function fillWholeCircle(raster, x, y, radius, value) {
  const { width, height } = raster;
  const fill = (/** @type {number} */ row, /** @type {number} */ reach) => {
    if (row >= 0 && row < height) fillRow(raster, row, Math.max(x - reach, 0), Math.min(x + reach, width - 1), value);
  };
  let [error, across, down, plus, minus] = [0, radius, 0, 1, 2 * radius - 1];
  while (across >= down) {
    fill(y - down, across);
    fill(y + down, across);
    fill(y - across, down);
    fill(y + across, down);
    down++;
    error += plus;
    plus += 2;
    if (error > 0) {
      error -= minus;
      across--;
      minus -= 2;
    }
  }
}

/**
 * @param {Raster} raster
 * @param {number} x in parts of ONE, as all lengths here
 * @param {number} y
 * @param {number} radius
 * @param {number} value
 */
function fillFineCircle(raster, x, y, radius, value) {
  const pixels = Math.floor((radius + ONE / 2) / ONE);
  const step = pixels < 3 ? 90 : pixels < 10 ? 30 : pixels < 15 ? 18 : 5;
  /** @type {number[]} */
  const points = [];
  for (let angle = 0; angle <= 360; angle += step) {
    const point = [roundTo(x + radius * sine(90 + angle)), roundTo(y + radius * sine(angle))];
    const length = points.length;
    if (length === 0 || point[0] !== points[length - 2] || point[1] !== points[length - 1]) points.push(...point);
  }
  const count = points.length;
  for (let place = 0; place < count; place += 2) {
    const before = (place + count - 2) % count;
    drawFineLine(raster, points[before], points[before + 1], points[place], points[place + 1], value);
  }
  fillConvex(raster, points, value);
}

/**
 * @param {number} value
 * @returns {number} the nearest whole number
 */
function roundTo(value) {
  const whole = Math.round(value / ONE) * ONE;
  return whole + Math.round(value - whole);
}

/**
 * @param {number} degrees
 * @returns {number} the sine, with seven digits
 */
function sine(degrees) {
  return Math.fround(Math.round(Math.sin((degrees * Math.PI) / 180) * 1e7) / 1e7);
}
