/** Illumination correction: lamp colour, white balance and shading (imaging/illumination.py). */

import { resize } from "../opencv/resize.js";
import { createRaster } from "../raster.js";
import { clip, quantileOfCounts } from "./numbers.js";
import { expSingle, logSingle } from "./single_precision.js";

/** @typedef {import("../raster.js").Raster} Raster */

const single = Math.fround;
const GRID = 64;
const BACKGROUND_SHARE = 0.3;
const LARGEST_SLOPE = 0.25;
/** Positions of the grid's rows and columns, from -1 to 1 in single precision. */
const AXIS = Float32Array.from({ length: GRID }, (_, index) => (index === GRID - 1 ? 1 : -1 + index * (2 / (GRID - 1))));

/**
 * Divide an image by its estimated illumination.
 *
 * The logarithm of each channel is fitted by a plane over the brightest cells of a coarse grid
 * (multiplicative shading model, after Tomazevic, Likar and Pernus 2002, J Microsc 208:212).
 *
 * @param {Raster} image RGB, 0 to 255
 * @param {Raster} [target] of the same size, which is written; it may be the image itself
 * @returns {Raster} whose background is close to (255, 255, 255)
 */
export function normaliseIllumination(image, target = createRaster(image.width, image.height, 3)) {
  divide(image, estimateIllumination(image), target);
  return target;
}

/** Return the illumination at each cell of the grid, 64 x 64 x 3, from 1 on. @param {Raster} image */
export function estimateIllumination(image) {
  const grid = resize(image, GRID, GRID, "area").data;
  const limit = quantileOfCounts(countGreen(grid), 1 - BACKGROUND_SHARE, true);
  const planes = fitPlanes(grid, limit);
  const light = new Float32Array(GRID * GRID * 3);
  for (let row = 0, place = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      for (const [level, across, down] of planes) {
        light[place++] = Math.max(1, expSingle(single(single(level + AXIS[column] * across) + AXIS[row] * down)));
      }
    }
  }
  return light;
}

/** Return how often each level of green occurs. @param {Raster["data"]} grid */
function countGreen(grid) {
  const counts = new Int32Array(256);
  for (let place = 1; place < grid.length; place += 3) counts[grid[place]]++;
  return counts;
}

/**
 * Fit the logarithm of each channel by a plane over the cells that are at least as green as a limit.
 *
 * @param {Raster["data"]} grid
 * @param {number} limit
 * @returns {number[][]} of each channel the level in the middle, and the slopes to the right and downwards
 */
function fitPlanes(grid, limit) {
  const normal = new Float64Array(9);
  const right = [new Float64Array(3), new Float64Array(3), new Float64Array(3)];
  for (let cell = 0; cell < GRID * GRID; cell++) {
    if (grid[3 * cell + 1] < limit) continue;
    const terms = [1, AXIS[cell % GRID], AXIS[(cell / GRID) | 0]];
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) normal[3 * row + column] += terms[row] * terms[column];
      for (let channel = 0; channel < 3; channel++) right[channel][row] += terms[row] * LOGARITHMS[grid[3 * cell + channel]];
    }
  }
  return right.map((sums) => {
    const [level, across, down] = solve(normal, sums).map(single);
    return [level, clip(across, -LARGEST_SLOPE, LARGEST_SLOPE), clip(down, -LARGEST_SLOPE, LARGEST_SLOPE)];
  });
}

/**
 * Solve three linear equations by Cramer's rule. The cells never lie on one line: they are a third of the grid.
 *
 * @param {Float64Array} matrix
 * @param {Float64Array} sums
 */
function solve(matrix, sums) {
  const whole = determinant(matrix);
  return [0, 1, 2].map((column) => {
    const replaced = matrix.slice();
    for (let row = 0; row < 3; row++) replaced[3 * row + column] = sums[row];
    return determinant(replaced) / whole;
  });
}

/** @param {Float64Array} m */
function determinant([a, b, c, d, e, f, g, h, i]) {
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}

/**
 * Divide an image by the illumination, which is enlarged to its size row by row.
 *
 * @param {Raster} image
 * @param {Float32Array} light
 * @param {Raster} target
 */
function divide(image, light, target) {
  const { width, height, data } = image;
  const rows = stretchRows(light, width);
  const quotients = new Uint8ClampedArray(target.data.buffer, target.data.byteOffset, target.data.length);
  const length = 3 * width;
  for (let row = 0, place = 0; row < height; row++) {
    const { first, second, share } = interpolationPlace(row, height);
    const [upper, lower] = [first * length, second * length];
    for (let column = 0; column < length; column++, place++) {
      const above = rows[upper + column];
      const intensity = single(above + single(rows[lower + column] - above) * share);
      quotients[place] = single((255 * data[place]) / intensity);
    }
  }
}

/** Return the rows of the grid with as many columns as an image has. @param {Float32Array} light @param {number} width */
function stretchRows(light, width) {
  const rows = new Float32Array(GRID * width * 3);
  for (let column = 0; column < width; column++) {
    const { first, second, share } = interpolationPlace(column, width);
    for (let row = 0; row < GRID; row++) {
      for (let channel = 0; channel < 3; channel++) {
        const left = light[3 * (row * GRID + first) + channel];
        const right = light[3 * (row * GRID + second) + channel];
        rows[3 * (row * width + column) + channel] = left + single(right - left) * share;
      }
    }
  }
  return rows;
}

/**
 * Return between which cells of the grid a row or column of an image lies, and the share of the second one.
 *
 * @param {number} index
 * @param {number} side
 */
function interpolationPlace(index, side) {
  const place = (index + 0.5) * (GRID / side) - 0.5;
  const first = Math.floor(place);
  if (first < 0) return { first: 0, second: 0, share: 0 };
  if (first >= GRID - 1) return { first: GRID - 1, second: GRID - 1, share: 0 };
  return { first, second: first + 1, share: single(place - first) };
}

/** Logarithms of the levels in single precision; 0 counts as 1. */
const LOGARITHMS = Float32Array.from({ length: 256 }, (_, level) => logSingle(Math.max(level, 1)));
