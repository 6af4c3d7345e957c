/** Sharpness of an image: focus and steadiness at the scale of its cells (imaging/sharpness.py). */

import { gaussianBlur } from "../opencv/blur.js";
import { toGray } from "../opencv/colour.js";
import { laplacian, sobel } from "../opencv/derivatives.js";
import { erode, rectangle } from "../opencv/morphology.js";
import { resize } from "../opencv/resize.js";
import { Raster } from "../raster.js";
import { isAll } from "./crops.js";
import { clip, quantile, roundHalfEven } from "./numbers.js";
import { HOME_PIXEL_SIZE_UM } from "./thumbnail.js";

/** @typedef {{top: number, left: number, bottom: number, right: number}} Tile the last row and column excluded */

/** Pixels of the longest side for measurements; the model's input is no larger. */
export const WORKING_SIDE = 224;

const NEARLY_HOME = [0.75, 4 / 3];
const NARROWEST = 0.25;
const WIDEST = 8.0;
const EDGE = 4;
const TILE = 28;
const MOST_TILES = 400;
const TILE_QUANTILE = 0.85;
/** Of an edge; in an image of one colour rounding alone has up to 2e-7. */
const LEAST_STRENGTH = 1e-3;
/** Directions from the rows, in radians. */
const DIRECTIONS = Array.from({ length: 8 }, (_, index) => (index * Math.PI) / 8);

/**
 * Return how many training images a field covers; 1 where its scale is unknown.
 *
 * @param {number} height
 * @param {number} width
 * @param {number | null} um
 */
export function countHomeFields(height, width, um) {
  return um === null ? 1 : height * width * (um / (WORKING_SIDE * HOME_PIXEL_SIZE_UM)) ** 2;
}

/**
 * Measure focus and steadiness of an image.
 *
 * @param {Raster} image RGB
 * @param {Raster | null} [usable] of any size with the image's shape, 0 where the image is not read; all of it by default
 * @param {number | null} [um] micrometres per pixel. Where it is known, they are measured at the home scale; otherwise
 *   as if the image were as wide as a training image.
 * @returns {{focus: number, steadiness: number}} focus in grey levels squared, and steadiness, 0 to 1
 */
export function measureSharpness(image, usable = null, um = null) {
  const small = resizeLongestSide(image, chooseSide(image, um));
  const luminance = new Raster(small.width, small.height, 1, new Float32Array(toGray(small).data));
  const smooth = gaussianBlur(luminance, 0, 1.0); // otherwise noise counts as detail
  const tiles = chooseTiles(small.width, small.height, resizeUsable(usable, small, EDGE));
  return { focus: measureFocus(smooth, tiles), steadiness: measureSteadiness(smooth, tiles) };
}

/**
 * Measure focus by the variance of the Laplacian, in grey levels squared, as a high quantile over tiles.
 *
 * @param {Raster<Float32Array>} smooth
 * @param {Tile[]} tiles
 */
function measureFocus(smooth, tiles) {
  const edges = laplacian(smooth);
  return quantile(Float64Array.from(tiles, (tile) => variance(edges, tile)), TILE_QUANTILE);
}

/** @param {Raster<Float32Array>} raster @param {Tile} tile */
function variance({ width, data }, { top, left, bottom, right }) {
  let [sum, squares] = [0, 0];
  for (let row = top; row < bottom; row++) {
    for (let place = row * width + left; place < row * width + right; place++) {
      sum += data[place];
      squares += data[place] * data[place];
    }
  }
  const number = (bottom - top) * (right - left);
  return Math.max(squares / number - (sum / number) ** 2, 0);
}

/**
 * Return the weakest over the strongest edge strength by direction, 0 to 1; 0 means motion blur.
 *
 * Edge strength is the mean square of the second derivative along a direction, as a high quantile over tiles.
 *
 * @param {Raster<Float32Array>} smooth
 * @param {Tile[]} tiles
 */
function measureSteadiness(smooth, tiles) {
  const curvatures = [sobel(smooth, 2, 0), sobel(smooth, 1, 1), sobel(smooth, 0, 2)].map(({ data }) => data);
  const squares = tiles.map((tile) => meanProducts(curvatures, smooth.width, tile));
  const strengths = DIRECTIONS.map((direction) => {
    const [cosine, sine] = [Math.cos(direction), Math.sin(direction)];
    const along = [cosine ** 2, 2 * cosine * sine, sine ** 2];
    return quantile(Float64Array.from(squares, (products) => project(products, along)), TILE_QUANTILE);
  });
  const strongest = Math.max(...strengths);
  return strongest > LEAST_STRENGTH ? Math.min(...strengths) / strongest : 1;
}

/**
 * Return the means of the products aa, bb, cc, ab, ac and bc of three maps over a tile.
 *
 * @param {Float32Array[]} maps
 * @param {number} width of the maps
 * @param {Tile} tile
 */
function meanProducts([first, second, third], width, { top, left, bottom, right }) {
  let [aa, bb, cc, ab, ac, bc] = [0, 0, 0, 0, 0, 0];
  for (let row = top; row < bottom; row++) {
    for (let place = row * width + left; place < row * width + right; place++) {
      const a = first[place];
      const b = second[place];
      const c = third[place];
      aa += a * a;
      bb += b * b;
      cc += c * c;
      ab += a * b;
      ac += a * c;
      bc += b * c;
    }
  }
  const number = (bottom - top) * (right - left);
  return [aa, bb, cc, ab, ac, bc].map((sum) => sum / number);
}

/** @param {number[]} products @param {number[]} along */
function project([aa, bb, cc, ab, ac, bc], [a, b, c]) {
  return a * a * aa + b * b * bb + c * c * cc + 2 * (a * b * ab + a * c * ac + b * c * bc);
}

/**
 * Return the tiles of an image in which every pixel is usable, or all where there are none.
 *
 * Tiles are squares; the last of a row or column may be narrower. Of a large field, some tiles from all over it are
 * measured.
 *
 * @param {number} width
 * @param {number} height
 * @param {Raster | null} usable of this size; null for all of it
 * @returns {Tile[]}
 */
function chooseTiles(width, height, usable) {
  const tiles = [];
  for (let top = 0; top < Math.max(1, height - (TILE >> 1)); top += TILE) {
    for (let left = 0; left < Math.max(1, width - (TILE >> 1)); left += TILE) {
      tiles.push({ top, left, bottom: Math.min(top + TILE, height), right: Math.min(left + TILE, width) });
    }
  }
  const inside = usable === null ? tiles : tiles.filter((tile) => isUsable(usable, tile));
  const within = inside.length > 0 ? inside : tiles;
  const step = Math.max(1, Math.floor(within.length / MOST_TILES));
  return within.filter((_, index) => index % step === 0);
}

/** @param {Raster} usable @param {Tile} tile */
function isUsable({ width, data }, { top, left, bottom, right }) {
  for (let row = top; row < bottom; row++) {
    for (let place = row * width + left; place < row * width + right; place++) if (data[place] === 0) return false;
  }
  return true;
}

/** Return the longest side in pixels at which sharpness is measured. @param {Raster} image @param {number | null} um */
function chooseSide(image, um) {
  if (um === null) return WORKING_SIDE;
  const longest = Math.max(image.width, image.height);
  const share = (longest * um) / (WORKING_SIDE * HOME_PIXEL_SIZE_UM);
  if (NEARLY_HOME[0] <= share && share <= NEARLY_HOME[1]) return WORKING_SIDE;
  const side = roundHalfEven(WORKING_SIDE * clip(share, NARROWEST, WIDEST));
  return Math.min(side, Math.max(WORKING_SIDE, longest));
}

/** Resize an image until its longest side has a number of pixels. @param {Raster} image RGB @param {number} [side] @returns {Raster} */
export function resizeLongestSide(image, side = WORKING_SIDE) {
  const scale = side / Math.max(image.width, image.height);
  const [width, height] = [image.width, image.height].map((each) => Math.max(1, roundHalfEven(each * scale)));
  return resize(image, width, height, scale < 1 ? "area" : "linear");
}

/**
 * Return the usable pixels of a small image, without a margin.
 *
 * @param {Raster | null} usable of any size with the image's shape
 * @param {Raster} small
 * @param {number} [margin] in pixels of the small image
 * @returns {Raster | null} null where all are usable, and where none would be left
 */
export function resizeUsable(usable, small, margin = 0) {
  if (usable === null || isAll(usable)) return null;
  const resized = resize(usable, small.width, small.height, "nearest");
  const kept = margin === 0 ? resized : erode(resized, rectangle(2 * margin + 1, 2 * margin + 1));
  return kept.data.some((value) => value !== 0) ? kept : null;
}
