/** Circle of a field seen through an eyepiece (imaging/surround.py). */

import { fillCircle } from "../opencv/drawing.js";
import { convexHull } from "../opencv/geometry.js";
import { polylines } from "../opencv/lines.js";
import { createRaster } from "../raster.js";
import { solveLeastSquares } from "./least_squares.js";
import { roundHalfEven } from "./numbers.js";
import { measureContact } from "./surround_contact.js";
import * as limits from "./surround_limits.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("./surround.js").Surround} Surround */
/** @typedef {{column: number, row: number, radius: number}} Circle */
/** @typedef {[number, number]} Point x and y */

/**
 * Find a circle around the content, parts of which may lie outside of the image.
 *
 * @param {Raster} content mask of 0 and 1
 * @param {boolean} isDark
 * @returns {Surround | null}
 */
export function findCircle(content, isDark) {
  const points = outlineHull(content);
  const circle = points.length < 16 ? null : fitCircle(points);
  if (circle === null) return null;
  const inside = createRaster(content.width, content.height);
  const [column, row, radius] = [circle.column, circle.row, circle.radius].map((each) => roundHalfEven(each * 16));
  fillCircle(inside, column, row, radius, 1, 4);
  let [outside, left] = [0, 0];
  for (let place = 0; place < inside.data.length; place++) {
    if (inside.data[place] !== 0) continue;
    outside++;
    left += content.data[place];
  }
  const least = limits.LEAST_SURROUND * (isDark ? 1 : 5); // cells may end along a short arc by chance
  if (outside / inside.data.length < least || left / outside > limits.MOST_OUTSIDE / 2) return null;
  if (limits.measureShare(inside) < limits.LEAST_FIELD) return null;
  const contact = isDark ? limits.SURE_CONTACT : limits.LEAST_CONTACT;
  return measureContact(content, inside) >= contact ? { inside, isRound: true } : null;
}

/**
 * Return the points of the content's convex hull that do not lie at the image's border.
 *
 * @param {Raster} content
 * @returns {Point[]}
 */
function outlineHull(content) {
  const { width, height } = content;
  const ends = findRowEnds(content);
  if (ends.length < 6) return [];
  const drawn = createRaster(width, height);
  polylines(drawn, [convexHull(ends)], 1);
  /** @type {Point[]} */
  const points = [];
  const margin = limits.NEAR - 1;
  for (let row = margin; row < height - margin; row++) {
    for (let column = margin; column < width - margin; column++) {
      if (drawn.data[row * width + column] !== 0) points.push([column, row]);
    }
  }
  return points;
}

/** @param {Raster} content @returns {Int32Array} x and y of the first and the last pixel of each row */
function findRowEnds({ width, height, data }) {
  /** @type {number[]} */
  const ends = [];
  for (let row = 0; row < height; row++) {
    const line = data.subarray(row * width, (row + 1) * width);
    const first = line.findIndex((value) => value !== 0);
    if (first < 0) continue;
    ends.push(first, row, line.findLastIndex((value) => value !== 0), row);
  }
  return Int32Array.from(ends);
}

/**
 * Fit a circle to points; null where a fifth of them or more is not on it.
 *
 * @param {Point[]} points
 * @returns {Circle | null}
 */
function fitCircle(points) {
  let kept = points;
  let [circle, onCircle] = [{ column: 0, row: 0, radius: 0 }, 0];
  for (let round = 0; round < 3; round++) {
    const [column, row, rest] = solveLeastSquares(
      kept.map(([x, y]) => [2 * x, 2 * y, 1]),
      kept.map(([x, y]) => x * x + y * y),
    );
    const square = rest + column * column + row * row;
    if (square <= 0) return null;
    const radius = Math.sqrt(square);
    const errors = points.map(([x, y]) => Math.abs(Math.hypot(x - column, y - row) - radius));
    const limit = Math.max(1.5, 0.015 * radius);
    kept = points.filter((_, index) => errors[index] <= 4 * limit);
    if (kept.length < 12) return null;
    circle = { column, row, radius };
    onCircle = errors.filter((error) => error <= limit).length / points.length;
  }
  return onCircle >= 0.8 ? circle : null;
}
