/** Stain normalisation: one white and one purple for every smear (imaging/stain.py). */

import { toHsvFull } from "../opencv/colour.js";
import { resize } from "../opencv/resize.js";
import { shiftHues } from "./hue_rotation.js";
import { normaliseIllumination } from "./illumination.js";
import { clip, quantileOfCounts, roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */

/** Hue of stained chromatin in every normalised image, on OpenCV's scale of 180. */
export const STANDARD_HUE = 127.0;

/** Lightness of that chromatin, as the mean of its three channels, 0 to 255. */
export const STANDARD_LEVEL = 169.0;

const CONTRASTS = [0.6, 3.0];
const WORKING_SIDE = 112;
const STAINED_SHARE = 0.02;
const LEAST_AGREEMENT = 0.5;
const ROTATIONS = [-30.0, 20.5];
/** OpenCV's fine hue scale over its usual one. */
const FULL = 256 / 180;
const [FIRST_HUE, LAST_HUE] = [95, 168].map((hue) => roundHalfEven(hue * FULL));
const LEAST_WEIGHT = Math.fround(1e-6);

/**
 * The most colourful part of an image among blue to magenta.
 *
 * @typedef {object} Chromatin
 * @property {Raster["data"]} small the image at working size, RGB
 * @property {Uint8Array} hues its hues on OpenCV's scale of 256
 * @property {Float32Array} weights weight of each pixel as chromatin: the square of its colourfulness; above 0
 */

/**
 * Make the background white, and rotate all hues to the standard purple.
 *
 * The hues are rotated twice, before and after illumination correction, because a coloured light shifts hues too.
 * Images without a dominant stain keep their hues.
 *
 * @param {Raster} image RGB
 * @returns {Raster} another one
 */
export function normaliseColour(image) {
  return normalise(image).normalised;
}

/**
 * Normalise the colour, and scale the contrast to the standard lightness.
 *
 * Images without a dominant stain keep their contrast.
 *
 * @param {Raster} image RGB
 * @returns {Raster} another one
 */
export function standardiseColour(image) {
  const { normalised, isStained } = normalise(image);
  return isStained ? scaleToStandardLevel(normalised) : normalised;
}

/** Return an image in a model's colour: "as_taken", "normalised" or "standardised". @param {Raster} image RGB @param {string} colour */
export function prepareColour(image, colour) {
  if (colour === "as_taken") return image;
  return colour === "standardised" ? standardiseColour(image) : normaliseColour(image);
}

/**
 * Measure the hue of the stain in an image.
 *
 * @param {Raster} image RGB
 * @returns {{hue: number, agreement: number}} the mean hue, 0 to 180 (OpenCV's scale), weighted by colour strength; and
 *   the agreement of the hues, from 0 (uniform) to 1 (one hue)
 */
export function measureStainHue(image) {
  const { hues, weights } = findChromatin(image);
  let [real, imaginary, sum] = [0, 0, 0];
  for (let place = 0; place < hues.length; place++) {
    const angle = (hues[place] * 2 * Math.PI) / 256;
    real += weights[place] * Math.cos(angle);
    imaginary += weights[place] * Math.sin(angle);
    sum += weights[place];
  }
  const degrees = (Math.atan2(imaginary, real) * 180) / Math.PI;
  return { hue: modulo(degrees / 2, 180), agreement: Math.hypot(real, imaginary) / Math.max(sum, 1) };
}

/**
 * Rotate every hue of an image.
 *
 * @param {Raster} image RGB
 * @param {number} degrees on OpenCV's scale of 180
 * @param {Raster} [target] of the same size, which is written; another raster by default
 * @returns {Raster}
 */
export function rotateHue(image, degrees, target) {
  return shiftHues(image, modulo(roundHalfEven(degrees * FULL), 256), target);
}

/** Normalise the colour, and return whether there is a dominant stain. @param {Raster} image */
function normalise(image) {
  const rotated = rotateToStandardHue(image);
  if (rotated === null) return { normalised: normaliseIllumination(image), isStained: false };
  const corrected = normaliseIllumination(rotated, rotated);
  return { normalised: rotateToStandardHue(corrected, corrected) ?? corrected, isStained: true };
}

/**
 * Return the image with rotated hues; null without a dominant stain, or with one that no smear has.
 *
 * @param {Raster} image
 * @param {Raster} [target] of the same size, which is written
 */
function rotateToStandardHue(image, target) {
  const { hue, agreement } = measureStainHue(image);
  const rotation = modulo(STANDARD_HUE - hue + 90, 180) - 90;
  if (agreement < LEAST_AGREEMENT || !(ROTATIONS[0] <= rotation && rotation <= ROTATIONS[1])) return null;
  return rotateHue(image, rotation, target);
}

/** Scale the darkness in place until chromatin has the standard lightness; white and hues do not change. @param {Raster} image */
function scaleToStandardLevel(image) {
  const { small, weights } = findChromatin(image);
  let [darkness, sum] = [0, 0];
  for (let pixel = 0; pixel < weights.length; pixel++) {
    const lightness = (small[3 * pixel] + small[3 * pixel + 1] + small[3 * pixel + 2]) / 3;
    darkness += weights[pixel] * (255 - lightness);
    sum += weights[pixel];
  }
  const contrast = clip((255 - STANDARD_LEVEL) / Math.max(darkness / sum, 1), CONTRASTS[0], CONTRASTS[1]);
  const table = Uint8Array.from({ length: 256 }, (_, level) => clip(255 - (255 - level) * contrast, 0, 255));
  const { data } = image;
  for (let place = 0; place < data.length; place++) data[place] = table[data[place]];
  return image;
}

/** Find the chromatin of an image. @param {Raster} image @returns {Chromatin} */
function findChromatin(image) {
  const small = resize(image, WORKING_SIDE, WORKING_SIDE, "area");
  const hsv = toHsvFull(small).data;
  const { data } = small;
  const hues = new Uint8Array(WORKING_SIDE * WORKING_SIDE);
  const chroma = new Uint8Array(hues.length);
  const counts = new Int32Array(256);
  for (let pixel = 0; pixel < hues.length; pixel++) {
    const [red, green, blue] = [data[3 * pixel], data[3 * pixel + 1], data[3 * pixel + 2]];
    hues[pixel] = hsv[3 * pixel];
    const isPurple = hues[pixel] >= FIRST_HUE && hues[pixel] <= LAST_HUE;
    chroma[pixel] = isPurple ? Math.max(red, green, blue) - Math.min(red, green, blue) : 0;
    counts[chroma[pixel]]++;
  }
  const least = quantileOfCounts(counts, 1 - STAINED_SHARE, true);
  const weights = Float32Array.from(chroma, (value) => (value >= least ? value * value : 0) + LEAST_WEIGHT);
  return { small: data, hues, weights };
}

/** Return the remainder with the divisor's sign, as Python's `%`. @param {number} value @param {number} divisor */
function modulo(value, divisor) {
  const rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}
