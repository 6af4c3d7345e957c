/** Maxima of a smoothed distance map, computed only where something is stained. */

import { roundHalfEven } from "../opencv/arithmetic.js";
import { computeWeights } from "../opencv/blur.js";
import { mirror } from "../opencv/derivatives.js";
import { createRaster } from "../raster.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("../opencv/morphology.js").Kernel} Kernel */

const NEARLY = Math.fround(1e-4);

/**
 * Return where the smoothed distance of a stained pixel is the greatest within the kernel around it, or nearly, as 1.
 *
 * The same as `gaussianBlur` and `dilate` of the whole map.
 *
 * @param {Raster} stained not 0 where stained
 * @param {import("../raster.js").Raster<Float32Array>} distance 0 where nothing is stained
 * @param {number} deviation of the blur
 * @param {Kernel} sight
 * @returns {Raster}
 */
export function findMaxima(stained, distance, deviation, sight) {
  const { width, height, data } = stained;
  const smooth = new SmoothMap(distance, deviation, sight.height >> 1);
  const neighbours = listNeighbours(sight);
  const maxima = createRaster(width, height);
  for (let y = 0, place = 0; y < height; y++) {
    smooth.moveTo(y);
    for (let x = 0; x < width; x++, place++) {
      if (data[place] !== 0 && isMaximum(smooth, x, y, neighbours)) maxima.data[place] = 1;
    }
  }
  return maxima;
}

/** @param {SmoothMap} smooth @param {number} x @param {number} y @param {Int32Array} neighbours x and y from the pixel */
function isMaximum(smooth, x, y, neighbours) {
  const value = smooth.measure(x, y);
  for (let place = 0; place < neighbours.length; place += 2) {
    const across = x + neighbours[place];
    const down = y + neighbours[place + 1];
    if (across < 0 || down < 0 || across >= smooth.width || down >= smooth.height) continue;
    if (value < Math.fround(smooth.measure(across, down) - NEARLY)) return false;
  }
  return true;
}

/** Return the places of a kernel from its middle, x and y, the nearest first: most pixels are excluded by them. @param {Kernel} kernel */
function listNeighbours({ width, height, starts, ends }) {
  const places = [];
  for (let row = 0; row < height; row++) {
    for (let column = starts[row]; column < ends[row]; column++) places.push([column - (width >> 1), row - (height >> 1)]);
  }
  const byDistance = places.sort(([a, b], [c, d]) => a * a + b * b - c * c - d * d);
  return Int32Array.from(byDistance.slice(1).flat());
}

/**
 * A map blurred by a Gaussian. Each value is computed when it is first asked for, and forgotten some rows later.
 *
 * Rows stand in rings: row y in the place y modulo the number of rows, a power of 2.
 */
class SmoothMap {
  /**
   * @param {import("../raster.js").Raster<Float32Array>} map
   * @param {number} deviation
   * @param {number} reach rows above and below the present one that are asked for
   */
  constructor({ width, height, data }, deviation, reach) {
    const side = kernelSide(deviation);
    this.width = width;
    this.height = height;
    this._map = data;
    this._reach = reach;
    this._weights = Float32Array.from(computeWeights(side, deviation)).slice(side >> 1);
    this._values = new Ring(width, 2 * reach + 1);
    this._lines = new Ring(width, 2 * reach + side);
    for (let row = 0; row < reach; row++) this._values.clear(row);
    for (let row = 0; row < reach + this._weights.length - 1; row++) this._lines.clear(row);
  }

  /** Make a row the present one; rows come in their order. @param {number} y */
  moveTo(y) {
    this._values.clear(y + this._reach);
    this._lines.clear(y + this._reach + this._weights.length - 1);
  }

  /** @param {number} x @param {number} y within the reach of the present row */
  measure(x, y) {
    const { height, _weights: weights, _values: values } = this;
    const place = (y & values.last) * this.width + x;
    if (values.data[place] >= 0) return values.data[place];
    let sum = weights[0] * this._measureLine(x, y);
    for (let step = 1; step < weights.length; step++) {
      const above = this._measureLine(x, mirror(y - step, height));
      sum += weights[step] * (above + this._measureLine(x, mirror(y + step, height)));
    }
    values.data[place] = sum;
    return values.data[place];
  }

  /** Return the map blurred along its row only. @param {number} x @param {number} y */
  _measureLine(x, y) {
    const { width, _weights: weights, _map: map, _lines: lines } = this;
    const place = (y & lines.last) * width + x;
    if (lines.data[place] >= 0) return lines.data[place];
    const start = y * width;
    const at = start + x;
    let sum = weights[0] * map[at];
    if (x >= weights.length - 1 && x + weights.length <= width) {
      for (let step = 1; step < weights.length; step++) sum += weights[step] * (map[at - step] + map[at + step]);
    } else {
      for (let step = 1; step < weights.length; step++) {
        sum += weights[step] * (map[start + mirror(x - step, width)] + map[start + mirror(x + step, width)]);
      }
    }
    lines.data[place] = sum;
    return lines.data[place];
  }
}

/** Rows of values, of which the last ones are kept; -1 where none is known. */
class Ring {
  /** @param {number} width @param {number} rows that are kept at least */
  constructor(width, rows) {
    const kept = 2 ** Math.ceil(Math.log2(rows));
    this.width = width;
    this.last = kept - 1;
    this.data = new Float32Array(width * kept);
  }

  /** Forget what stands in the place of a row. @param {number} row */
  clear(row) {
    const start = (row & this.last) * this.width;
    this.data.fill(-1, start, start + this.width);
  }
}

/** Return the side of the kernel for a deviation, as `gaussianBlur` chooses it for float32. @param {number} deviation */
function kernelSide(deviation) {
  return roundHalfEven(deviation * 8 + 1) | 1;
}
