/** Windows of a field: pieces of the size that the model was trained at (imaging/windows.py). */

import { cutUnlessWhole } from "./crops.js";
import { roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {[number, number]} Point x, then y in pixels */

/** Side of a window in micrometres. */
export const WINDOW_UM = 112.0;

/** Limits of a window's side as a share of `WINDOW_UM`. */
export const LEAST_SHARE = 0.75;
export const LARGEST_SHARE = 1.15;

/** Limit of the sides of a field that is read as one window, as a share of `WINDOW_UM`. */
export const LARGEST_SINGLE_SHARE = 4 / 3;

/** Windows of a field that are read at most. */
export const MOST_WINDOWS = 64;

const WIDEST = 16 / 9;
const ROUNDING = 1e-6;

/** A piece of a field, in its pixels. */
export class Window {
  /** @param {number} top @param {number} left @param {number} height @param {number} width */
  constructor(top, left, height, width) {
    this.top = top;
    this.left = left;
    this.height = height;
    this.width = width;
  }

  /** Return this piece of a field; a copy unless it is the whole field. @param {Raster} field @returns {Raster} */
  cut(field) {
    return cutUnlessWhole(field, this.left, this.top, this.width, this.height);
  }

  /** The middle. @returns {Point} */
  get centre() {
    return [this.left + this.width / 2, this.top + this.height / 2];
  }

  /** Return the same piece of the field at another size, at least one pixel wide and high. @param {number} factor */
  scale(factor) {
    const [top, left] = [roundHalfEven(this.top * factor), roundHalfEven(this.left * factor)];
    const bottom = roundHalfEven((this.top + this.height) * factor);
    const right = roundHalfEven((this.left + this.width) * factor);
    return new Window(top, left, Math.max(1, bottom - top), Math.max(1, right - left));
  }
}

/**
 * Return the windows that cover a field evenly, row by row.
 *
 * A field that is about as large as one window is one window, up to 16:9. A larger field gets the least number of
 * square windows with sides from 0.75 to 1.15 of `WINDOW_UM`; of equal numbers the sides nearest to `WINDOW_UM`.
 *
 * @param {number} height of the field in pixels, at least 1
 * @param {number} width of the field in pixels, at least 1
 * @param {number} um micrometres in a pixel, positive
 * @returns {Window[]}
 */
export function planWindows(height, width, um) {
  const longer = Math.max(height, width);
  const shorter = Math.min(height, width);
  const side = WINDOW_UM / um;
  if (longer <= LARGEST_SINGLE_SHARE * side && longer <= WIDEST * shorter * (1 + ROUNDING)) {
    return [new Window(0, 0, height, width)];
  }
  const largest = Math.max(1, Math.min(LARGEST_SHARE * side, WIDEST * shorter));
  const chosen = chooseSide(height, width, side, largest);
  const columns = split(width, chosen);
  return split(height, chosen).flatMap(([top, tall]) => columns.map(([left, wide]) => new Window(top, left, tall, wide)));
}

/**
 * Return the windows to read, in their order: those that hold white cells, at most `most`.
 *
 * Of more windows those with the most white cells are read; of equal numbers the earlier ones.
 *
 * @param {Window[]} windows of the field
 * @param {Point[]} centres of the white cells, in pixels of the field
 * @param {number} [most] windows to read at most
 */
export function chooseWindows(windows, centres, most = MOST_WINDOWS) {
  const counts = countCells(windows, centres);
  const filled = windows.map((_, index) => index).filter((index) => counts[index] > 0);
  const mostCells = filled.sort((a, b) => counts[b] - counts[a] || a - b).slice(0, most);
  return mostCells.sort((a, b) => a - b).map((index) => windows[index]);
}

/** Return the number of windows that hold white cells, as `chooseWindows` counts them. @param {Window[]} windows @param {Point[]} centres */
export function countFilled(windows, centres) {
  return countCells(windows, centres).filter((count) => count > 0).length;
}

/** Return the number of cells that count for each window: those to which its middle is nearest. @param {Window[]} windows @param {Point[]} centres */
function countCells(windows, centres) {
  const middles = windows.map((window) => window.centre);
  const counts = windows.map(() => 0);
  for (const [x, y] of centres) {
    const distances = middles.map(([across, down]) => (across - x) ** 2 + (down - y) ** 2);
    counts[distances.indexOf(Math.min(...distances))] += 1;
  }
  return counts;
}

/**
 * Return the side with the least number of windows; of equal numbers the one nearest to the wanted side.
 *
 * @param {number} height
 * @param {number} width
 * @param {number} wanted
 * @param {number} largest that is possible
 */
function chooseSide(height, width, wanted, largest) {
  const costs = listSides(height, width, wanted, largest).map((side) => ({
    side,
    number: countAlong(height, side) * countAlong(width, side),
    difference: Math.abs(Math.log(side / wanted)),
  }));
  return costs.reduce((best, each) => {
    const fewer = each.number - best.number || each.difference - best.difference;
    return fewer < 0 ? each : best;
  }).side;
}

/**
 * Return the sides of windows to choose from, rising: those that divide the field into whole numbers, and the wanted one.
 *
 * @param {number} height
 * @param {number} width
 * @param {number} wanted in pixels
 * @param {number} largest that is possible; the others are at least `LEAST_SHARE` of the wanted one
 */
function listSides(height, width, wanted, largest) {
  const sides = new Set([Math.min(wanted, largest)]);
  for (const length of [height, width]) {
    const fewest = Math.max(1, Math.ceil(length / largest - ROUNDING));
    sides.add(length / fewest).add(length / (fewest + 1));
  }
  const possible = [...sides].filter((side) => LEAST_SHARE * wanted <= side && side <= largest * (1 + ROUNDING));
  return possible.length > 0 ? possible.sort((a, b) => a - b) : [largest];
}

/** @param {number} length @param {number} side */
function countAlong(length, side) {
  return Math.max(1, Math.ceil(length / side - ROUNDING));
}

/** Return start and length of each window along one axis; they begin and end with the field. @param {number} length @param {number} side */
function split(length, side) {
  const number = countAlong(length, side);
  const extent = Math.min(length, Math.ceil(side - ROUNDING));
  return Array.from({ length: number }, (_, index) => [
    roundHalfEven((index * (length - extent)) / Math.max(number - 1, 1)),
    extent,
  ]);
}
