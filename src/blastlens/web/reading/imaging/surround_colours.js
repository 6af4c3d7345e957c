/** Colours of a field's corners and sides, as those of a surround (imaging/surround.py). */

import { sample } from "../raster.js";
import { MOST_OUTSIDE, TOLERANCE } from "./surround_limits.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {number[][]} Samples RGB of each of some pixels */

const BRIGHT_QUANTILE = 0.98;
/** Share of the field's brightness below which a surround is dark. */
const DARK = 0.35;
const HALF_DARK = 0.5;
const CORNER = 4;
const SAMPLES = 48;

/**
 * Return the pixels of the four corners.
 *
 * @param {Raster} thumbnail
 * @returns {Samples[]}
 */
export function sampleCorners(thumbnail) {
  const { width, height } = thumbnail;
  const ends = (/** @type {number} */ side) => [
    [0, Math.min(CORNER, side)],
    [Math.max(side - CORNER, 0), side],
  ];
  return ends(height).flatMap((rows) => ends(width).map((columns) => samplePart(thumbnail, rows, columns)));
}

/**
 * @param {Raster} thumbnail
 * @param {number[]} rows first and the one after the last
 * @param {number[]} columns likewise
 * @returns {Samples}
 */
function samplePart(thumbnail, [top, bottom], [left, right]) {
  /** @type {Samples} */
  const pixels = [];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) pixels.push(readPixel(thumbnail, row, column));
  }
  return pixels;
}

/** @param {Raster} image @param {number} row @param {number} column @returns {number[]} */
function readPixel({ width, data }, row, column) {
  const at = 3 * (row * width + column);
  return [data[at], data[at + 1], data[at + 2]];
}

/**
 * Return pixels of the upper, lower, left and right side.
 *
 * @param {Raster} thumbnail
 * @returns {Samples[]}
 */
export function sampleSides(thumbnail) {
  const { width, height } = thumbnail;
  const [rows, columns] = [height, width].map((side) =>
    Array.from({ length: SAMPLES }, (_, place) =>
      place === SAMPLES - 1 ? side - 1 : Math.trunc(place * ((side - 1) / (SAMPLES - 1))),
    ),
  );
  return [
    columns.map((column) => readPixel(thumbnail, 0, column)),
    columns.map((column) => readPixel(thumbnail, height - 1, column)),
    rows.map((row) => readPixel(thumbnail, row, 0)),
    rows.map((row) => readPixel(thumbnail, row, width - 1)),
  ];
}

/**
 * Return the greatest value of a dark surround; 0 where no corner and no side is dark.
 *
 * @param {Raster} thumbnail
 * @param {Samples[]} corners
 * @param {Samples[]} sides
 * @returns {number}
 */
export function findDarkLimit(thumbnail, corners, sides) {
  const cornerValues = corners.map((pixels) => mean(pixels.map((pixel) => Math.max(...pixel)))).sort((a, b) => a - b);
  const sideValues = sides.map((pixels) => median(pixels.map((pixel) => Math.max(...pixel))));
  const darkest = Math.min(cornerValues[0], ...sideValues);
  const few = sample(thumbnail, 8);
  const values = new Uint8Array(few.width * few.height);
  for (let place = 0, at = 0; place < values.length; place++, at += 3) {
    values[place] = Math.max(few.data[at], few.data[at + 1], few.data[at + 2]);
  }
  const bright = values.sort()[Math.trunc(BRIGHT_QUANTILE * (values.length - 1))];
  const third = cornerValues[2]; // three corners: a cell lies in one of them at most
  if (third < HALF_DARK * bright) return Math.trunc(Math.max(third + 0.3 * (bright - third), DARK * bright));
  return darkest < DARK * bright ? Math.trunc(DARK * bright) : 0;
}

/**
 * Return the colours of even sides, and those that two even corners share.
 *
 * @param {Samples[]} corners
 * @param {Samples[]} sides
 * @returns {number[][]}
 */
export function findEvenColours(corners, sides) {
  const found = [];
  for (const pixels of sides) {
    const middle = byChannel(pixels, median);
    const even = pixels.filter((pixel) => difference(pixel, middle) <= TOLERANCE).length;
    if (even / pixels.length >= 1 - MOST_OUTSIDE) found.push(middle);
  }
  const isEven = (/** @type {Samples} */ pixels) =>
    difference(byChannel(pixels, greatest), byChannel(pixels, least)) <= TOLERANCE;
  const means = corners.filter(isEven).map((pixels) => byChannel(pixels, mean));
  found.push(...means.filter((a, place) => means.slice(0, place).some((b) => difference(a, b) <= TOLERANCE)));
  /** @type {number[][]} */
  const colours = [];
  for (const colour of found) if (colours.every((other) => difference(colour, other) > TOLERANCE)) colours.push(colour);
  return colours;
}

/** @param {Samples} pixels @param {(values: number[]) => number} measure @returns {number[]} */
function byChannel(pixels, measure) {
  return [0, 1, 2].map((channel) => measure(pixels.map((pixel) => pixel[channel])));
}

/** @param {number[]} a @param {number[]} b @returns {number} the greatest of the channels' differences */
function difference(a, b) {
  return Math.max(...a.map((value, channel) => Math.abs(value - b[channel])));
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values */
function greatest(values) {
  return Math.max(...values);
}

/** @param {number[]} values */
function least(values) {
  return Math.min(...values);
}
