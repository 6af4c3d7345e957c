/** Saturation of the stained pixels of an image: blur, hue and saturation in one pass. */

import { otsuThreshold } from "../opencv/arithmetic.js";
import { gaussianBlur } from "../opencv/blur.js";
import { HUES, SATURATIONS, toHsv } from "../opencv/colour.js";
import { mirror } from "../opencv/derivatives.js";
import { createRaster } from "../raster.js";
import { clip } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * @typedef {object} StainSettings
 * @property {number} hue_low least hue of stained chromatin, OpenCV scale 0 to 179
 * @property {number} hue_high greatest hue of stained chromatin
 * @property {number} saturation_low least saturation that counts as stain, 1 to 255
 * @property {number} saturation_high upper limit of the adaptive saturation threshold
 * @property {number} otsu_factor the adaptive threshold is this factor times Otsu's of the purple pixels
 */

const HUE_NUMBER = 180;
const HSV_BITS = 12;
const HALF = 1 << (HSV_BITS - 1);

/**
 * Return where a blurred image is stained, as 255: in the stain's hues, above the saturation threshold of this smear.
 *
 * @param {Raster} image RGB
 * @param {number} side of the blur's kernel in pixels, odd
 * @param {StainSettings} settings
 * @returns {Raster} of one channel, 0 elsewhere
 */
export function findStainedPixels(image, side, settings) {
  const saturations = side === 3 ? measureSaturations(image, settings) : saturationsOf(toHsv(gaussianBlur(image, side, 0)), settings);
  const { data } = saturations;
  const least = chooseSaturation(
    data.filter((value) => value !== 0),
    settings,
  );
  for (let place = 0; place < data.length; place++) data[place] = data[place] >= least ? 255 : 0;
  return saturations;
}

/**
 * Return the saturation of each pixel that has the stain's hue and at least its least saturation; 0 elsewhere.
 *
 * The same as `saturationsOf` the blurred image, in one pass.
 *
 * @param {Raster} image RGB
 * @param {StainSettings} settings
 * @returns {Raster} of one channel
 */
function measureSaturations(image, settings) {
  const { width, height } = image;
  const stained = createRaster(width, height);
  const line = new Int32Array(3 * (width + 2));
  for (let row = 0; row < height; row++) {
    blurDown(image, row, line);
    keepStained(line, settings, stained, row);
  }
  return stained;
}

/** @param {Raster} hsv @param {StainSettings} settings @returns {Raster} */
function saturationsOf({ width, height, data }, { hue_low: hueLow, hue_high: hueHigh, saturation_low: least }) {
  const stained = createRaster(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to++) {
    const isStained = data[from] >= hueLow && data[from] <= hueHigh && data[from + 1] >= least;
    stained.data[to] = isStained ? data[from + 1] : 0;
  }
  return stained;
}

/**
 * Return the saturation threshold for a smear's depth of stain: Otsu 1979 over the purple pixels, within limits.
 *
 * @param {Uint8Array} saturations of the purple pixels
 * @param {StainSettings} settings
 */
function chooseSaturation(saturations, settings) {
  const { saturation_low: low, saturation_high: high, otsu_factor: factor } = settings;
  return saturations.length === 0 ? low : Math.trunc(clip(factor * otsuThreshold(saturations), low, high));
}

/**
 * Add up a row and its neighbours with the weights 1, 2 and 1, and mirror the ends.
 *
 * @param {Raster} image RGB
 * @param {number} row
 * @param {Int32Array} line result, with one pixel before and behind it
 */
function blurDown({ width, height, data }, row, line) {
  const length = 3 * width;
  const [above, at, below] = [mirror(row - 1, height), row, mirror(row + 1, height)].map((each) => each * length);
  for (let place = 0; place < length; place++) {
    line[place + 3] = data[above + place] + 2 * data[at + place] + data[below + place];
  }
  const [first, last] = [mirror(-1, width), mirror(width, width)].map((column) => 3 * (column + 1));
  for (let channel = 0; channel < 3; channel++) {
    line[channel] = line[first + channel];
    line[length + 3 + channel] = line[last + channel];
  }
}

/**
 * Write the saturations of the stained pixels of a row.
 *
 * @param {Int32Array} line
 * @param {StainSettings} settings
 * @param {Raster} stained
 * @param {number} row
 */
function keepStained(line, { hue_low: hueLow, hue_high: hueHigh, saturation_low: least }, { width, data }, row) {
  const reciprocals = /** @type {Int32Array} */ (HUES.get(HUE_NUMBER));
  for (let column = 0, from = 3, to = row * width; column < width; column++, from += 3, to++) {
    const red = (line[from - 3] + 2 * line[from] + line[from + 3] + 8) >> 4;
    const green = (line[from - 2] + 2 * line[from + 1] + line[from + 4] + 8) >> 4;
    const blue = (line[from - 1] + 2 * line[from + 2] + line[from + 5] + 8) >> 4;
    const value = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const range = value - (red < green ? (red < blue ? red : blue) : green < blue ? green : blue);
    const saturation = (range * SATURATIONS[value] + HALF) >> HSV_BITS;
    if (saturation < least) continue;
    const turn = value === red ? green - blue : value === green ? blue - red + 2 * range : red - green + 4 * range;
    let hue = (turn * reciprocals[range] + HALF) >> HSV_BITS;
    if (hue < 0) hue += HUE_NUMBER;
    if (hue >= hueLow && hue <= hueHigh) data[to] = saturation;
  }
}
