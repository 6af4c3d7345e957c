/**
 * Focus of a frame: a high quantile of the variances of the Laplacian over tiles.
 *
 * It is the measurement of the service (imaging/sharpness.py), at the same size of an image: a frame that is blurred here
 * would be refused there.
 */

import { smooth } from "./grey_frame.js";

const TILE = 28;
const QUANTILE = 0.85;

/**
 * Return the focus in grey levels squared.
 *
 * @param {import("./grey_frame.js").GreyFrame} frame
 * @param {Uint8Array | null} inside 0 where a pixel is not measured; null for all. Only tiles that lie inside count, and all where none does.
 */
export function measureFocus(frame, inside) {
  const edges = laplacian(smooth(frame), frame.width, frame.height);
  const tiles = tilesOf(frame.width, frame.height);
  const within = inside ? tiles.filter((tile) => isInside(tile, inside, frame.width)) : tiles;
  const variances = (within.length > 0 ? within : tiles).map((tile) => varianceOf(edges, frame.width, tile)).sort((a, b) => a - b);
  return quantile(variances, QUANTILE);
}

/** @typedef {{left: number, top: number, right: number, bottom: number}} Tile */

/** @param {Float32Array} data @param {number} width @param {number} height */
function laplacian(data, width, height) {
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) {
    // Mirrored: beyond the first row lies the second one.
    const row = y * width;
    const above = (y === 0 ? Math.min(1, height - 1) : y - 1) * width;
    const below = (y === height - 1 ? Math.max(0, height - 2) : y + 1) * width;
    for (let x = 1; x < width - 1; x += 1) {
      out[row + x] = data[above + x] + data[below + x] + data[row + x - 1] + data[row + x + 1] - 4 * data[row + x];
    }
    const [second, last] = [Math.min(1, width - 1), width - 1];
    out[row] = data[above] + data[below] + 2 * data[row + second] - 4 * data[row];
    out[row + last] = data[above + last] + data[below + last] + 2 * data[row + Math.max(0, last - 1)] - 4 * data[row + last];
  }
  return out;
}

/** @param {number} width @param {number} height @returns {Tile[]} */
function tilesOf(width, height) {
  const tiles = [];
  for (let top = 0; top < Math.max(1, height - TILE / 2); top += TILE) {
    for (let left = 0; left < Math.max(1, width - TILE / 2); left += TILE) {
      tiles.push({ left, top, right: Math.min(width, left + TILE), bottom: Math.min(height, top + TILE) });
    }
  }
  return tiles;
}

/** @param {Tile} tile @param {Uint8Array} inside @param {number} width */
function isInside({ left, top, right, bottom }, inside, width) {
  const has = (/** @type {number} */ x, /** @type {number} */ y) => inside[y * width + x] !== 0;
  // A circle holds a rectangle when it holds its corners.
  return has(left, top) && has(right - 1, top) && has(left, bottom - 1) && has(right - 1, bottom - 1);
}

/** @param {Float32Array} data @param {number} width @param {Tile} tile */
function varianceOf(data, width, { left, top, right, bottom }) {
  let sum = 0;
  let squares = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let place = y * width + left; place < y * width + right; place += 1) {
      sum += data[place];
      squares += data[place] * data[place];
    }
  }
  const number = (right - left) * (bottom - top);
  return Math.max(0, squares / number - (sum / number) ** 2);
}

/** @param {number[]} sorted @param {number} share */
function quantile(sorted, share) {
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]);
}
