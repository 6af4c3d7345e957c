/** Conversion of colours from an ICC profile to sRGB (imaging/colour_profile.py). */

import { hasText, readLong, readShort, toText } from "./container.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {(share: number) => number} Curve from a stored value, 0 to 1, to light */

/** Of 255: published sRGB profiles differ from each other by as much. */
const EQUAL = 3;
const HEADER_BYTES = 128;
const LEVEL_STEP = 5;
const PALE = 200;
/** Colours of sRGB's red, green and blue in the connection space, adapted to D50 (Bradford). */
const SRGB = [
  [0.4360747, 0.3850649, 0.1430804],
  [0.2225045, 0.7168786, 0.0606169],
  [0.0139322, 0.0971045, 0.7141733],
];
const ENCODED_STEPS = 1 << 14;
/** Levels of sRGB by light. */
const ENCODED = Float32Array.from({ length: ENCODED_STEPS + 1 }, (_, step) => 255 * encode(step / ENCODED_STEPS));

/**
 * Return the conversion of pixels with a profile to sRGB, which changes a raster in place.
 *
 * Null if the profile means sRGB, is damaged, or does not fit the channels. What a profile means is classified by its
 * contents: the names of profiles are not reliable. Tables of colours, as printers have them, are not read.
 *
 * @param {Uint8Array} profile
 * @param {boolean} isGrey whether the image has one channel
 * @returns {((raster: Raster) => void) | null}
 */
export function findConversion(profile, isGrey) {
  const matrix = isGrey ? null : readMatrix(profile);
  const curves = readCurves(profile, isGrey ? ["kTRC", "kTRC", "kTRC"] : ["rTRC", "gTRC", "bTRC"]);
  const space = toText(profile.subarray(16, 20));
  if (!hasText(profile, "acsp", 36) || space !== (isGrey ? "GRAY" : "RGB ") || curves === null) return null;
  if (!isGrey && matrix === null) return null;
  const convert = makeConversion(curves, matrix ?? IDENTITY);
  return changesNothing(convert, isGrey) ? null : (raster) => convert(raster.data);
}

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** @param {Curve[]} curves @param {number[]} matrix from light of the profile to light of sRGB @returns {(pixels: {length: number, [place: number]: number}) => void} */
function makeConversion(curves, matrix) {
  const [red, green, blue] = curves.map((curve) => Float32Array.from({ length: 256 }, (_, level) => curve(level / 255)));
  const [a, b, c, d, e, f, g, h, i] = matrix;
  return (pixels) => {
    for (let place = 0; place < pixels.length; place += 3) {
      const [x, y, z] = [red[pixels[place]], green[pixels[place + 1]], blue[pixels[place + 2]]];
      pixels[place] = toLevel(a * x + b * y + c * z);
      pixels[place + 1] = toLevel(d * x + e * y + f * z);
      pixels[place + 2] = toLevel(g * x + h * y + i * z);
    }
  };
}

/** @param {number} light */
function toLevel(light) {
  const step = Math.min(Math.max(light, 0), 1) * ENCODED_STEPS;
  const below = Math.min(step | 0, ENCODED_STEPS - 1);
  return (ENCODED[below] + (ENCODED[below + 1] - ENCODED[below]) * (step - below) + 0.5) | 0;
}

/** @param {number} light */
function encode(light) {
  return light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
}

/** Check whether greys, and pure and pale colours, stay what they are. @param {ReturnType<typeof makeConversion>} convert @param {boolean} isGrey */
function changesNothing(convert, isGrey) {
  /** @type {number[]} */
  const sample = [];
  for (let level = 0; level < 256; level += LEVEL_STEP) {
    sample.push(level, level, level);
    if (isGrey) continue;
    for (const other of [0, PALE]) {
      for (const channel of [0, 1, 2]) sample.push(...[0, 1, 2].map((one) => (one === channel ? level : other)));
    }
  }
  const after = sample.slice();
  convert(after);
  return after.every((value, place) => Math.abs(value - sample[place]) <= EQUAL);
}

/** Return the nine factors from light of the profile to light of sRGB; null where the profile has none, or tables. @param {Uint8Array} profile */
function readMatrix(profile) {
  if (findTag(profile, "A2B0") !== null) return null;
  const columns = ["rXYZ", "gXYZ", "bXYZ"].map((name) => {
    const tag = findTag(profile, name);
    return tag === null || tag.length < 20 || !hasText(tag, "XYZ ") ? null : [8, 12, 16].map((at) => readFixed(tag, at));
  });
  if (columns.some((column) => column === null)) return null;
  const inverse = invert(SRGB);
  return [0, 1, 2].flatMap((row) =>
    columns.map((column) => inverse[row].reduce((sum, factor, index) => sum + factor * /** @type {number[]} */ (column)[index], 0)),
  );
}

/** @param {number[][]} m of three rows */
function invert([[a, b, c], [d, e, f], [g, h, i]]) {
  const whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / whole));
}

/** @param {Uint8Array} profile @param {string[]} names @returns {Curve[] | null} */
function readCurves(profile, names) {
  const curves = names.map((name) => readCurve(findTag(profile, name)));
  return curves.every((curve) => curve !== null) ? curves : null;
}

/** @param {Uint8Array | null} tag @returns {Curve | null} */
function readCurve(tag) {
  if (tag === null || tag.length < 12) return null;
  if (hasText(tag, "para")) return readParameters(tag);
  const count = readLong(tag, 8);
  if (!hasText(tag, "curv") || tag.length < 12 + 2 * count) return null;
  if (count === 0) return (share) => share;
  if (count === 1) return (share) => share ** (readShort(tag, 12) / 256);
  return (share) => {
    const place = share * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    const [low, high] = [readShort(tag, 12 + 2 * below), readShort(tag, 14 + 2 * below)];
    return (low + (high - low) * (place - below)) / 65535;
  };
}

/** @param {Uint8Array} tag @returns {Curve | null} */
function readParameters(tag) {
  const kind = readShort(tag, 8);
  const number = [1, 3, 4, 5, 7][kind];
  if (number === undefined || tag.length < 12 + 4 * number) return null;
  const [g, a = 1, b = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = Array.from({ length: number }, (_, index) => readFixed(tag, 12 + 4 * index));
  const power = (/** @type {number} */ share) => Math.max(a * share + b, 0) ** g;
  if (kind === 0) return (share) => share ** g;
  if (kind === 1) return (share) => (share >= -b / a ? power(share) : 0);
  if (kind === 2) return (share) => (share >= -b / a ? power(share) : 0) + third;
  if (kind === 3) return (share) => (share >= fourth ? power(share) : third * share);
  return (share) => (share >= fourth ? power(share) + fifth : third * share + sixth);
}

/** Return the bytes under a tag of a profile; null where there is none. @param {Uint8Array} profile @param {string} name */
function findTag(profile, name) {
  const count = Math.min(readLong(profile, HEADER_BYTES), 100);
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + 4 + 12 * index;
    if (!hasText(profile, name, at)) continue;
    const start = readLong(profile, at + 4);
    return profile.subarray(start, start + readLong(profile, at + 8));
  }
  return null;
}

/** Return a signed number with 16 bits behind the point. @param {Uint8Array} bytes @param {number} at */
function readFixed(bytes, at) {
  return (readLong(bytes, at) | 0) / 65536;
}
