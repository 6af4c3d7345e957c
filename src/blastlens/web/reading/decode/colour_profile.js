/** Conversion of colours from an ICC profile to sRGB (imaging/colour_profile.py). */

import { hasText, readLong, readShort, refuseVariant, toText } from "./container.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {(share: number) => number} Curve from a stored value, 0 to 1, to light */

/** Of 255: published sRGB profiles differ from each other by as much. */
const EQUAL = 3;
const HEADER_BYTES = 128;
const LEVEL_STEP = 5;
const PALE = 200;
/** From the connection space, with the white D50 (Bradford), to light of sRGB's red, green and blue. */
const TO_SRGB = [
  [3.134186364237, -1.617208958998, -0.490694064006],
  [-0.978748504191, 1.916130096774, 0.03343339916],
  [0.071963927802, -0.228993873453, 1.405753732896],
];
/** Light and factors are whole numbers with 14 bits behind the point, as in LittleCMS: the service's pixels are the same. */
const ONE = 1 << 14;
const HALF = ONE >> 1;
/** Levels of sRGB by light. */
const LEVELS = Uint8Array.from({ length: ONE + 1 }, (_, light) => {
  const word = Math.floor(Math.min(Math.max(encode(light / ONE), 0), 1) * 65535 + 0.5);
  return Math.floor((word * 65281 + 8388608) / 2 ** 24);
});

/**
 * Return the conversion of a file's pixels to sRGB, which changes a raster in place.
 *
 * Null if its profile means sRGB, is damaged, or does not fit the channels. What a profile means is classified by its
 * contents: the names of profiles are not reliable.
 *
 * @param {{type: string, profile: Uint8Array | null, isGrey: boolean}} container
 * @returns {((raster: Raster) => void) | null}
 * @throws {import("../domain/errors.js").UploadRefused} the profile has tables of colours, as those of printers
 */
export function findConversion({ type, profile, isGrey }) {
  if (profile === null || !hasText(profile, "acsp", 36)) return null;
  if (toText(profile.subarray(16, 20)) !== (isGrey ? "GRAY" : "RGB ")) return null;
  if (findTag(profile, "A2B0") !== null) {
    throw refuseVariant(type === "image/png" ? "PNG" : "JPEG", "a colour profile with tables");
  }
  const matrix = isGrey ? IDENTITY : readMatrix(profile);
  const curves = readCurves(profile, isGrey ? ["kTRC", "kTRC", "kTRC"] : ["rTRC", "gTRC", "bTRC"]);
  if (matrix === null || curves === null) return null;
  const convert = makeConversion(curves, matrix);
  return changesNothing(convert, isGrey) ? null : (raster) => convert(raster.data);
}

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** @param {Curve[]} curves @param {number[]} matrix from light of the profile to light of sRGB @returns {(pixels: {length: number, [place: number]: number}) => void} */
function makeConversion(curves, matrix) {
  const [red, green, blue] = curves.map((curve) => Int32Array.from({ length: 256 }, (_, level) => toWhole(curve(level / 255))));
  const [a, b, c, d, e, f, g, h, i] = matrix.map(toWhole);
  return (pixels) => {
    for (let place = 0; place < pixels.length; place += 3) {
      const [x, y, z] = [red[pixels[place]], green[pixels[place + 1]], blue[pixels[place + 2]]];
      pixels[place] = toLevel(a * x + b * y + c * z);
      pixels[place + 1] = toLevel(d * x + e * y + f * z);
      pixels[place + 2] = toLevel(g * x + h * y + i * z);
    }
  };
}

/** @param {number} value */
function toWhole(value) {
  return Math.floor(value * ONE + 0.5);
}

/** @param {number} product of light and factors */
function toLevel(product) {
  return LEVELS[Math.min(Math.max((product + HALF) >> 14, 0), ONE)];
}

/** @param {number} light */
function encode(light) {
  return light <= 0.04045 / 12.92 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
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

/** Return the nine factors from light of the profile to light of sRGB; null where the profile has none. @param {Uint8Array} profile */
function readMatrix(profile) {
  const columns = ["rXYZ", "gXYZ", "bXYZ"].map((name) => {
    const tag = findTag(profile, name);
    return tag === null || tag.length < 20 || !hasText(tag, "XYZ ") ? null : [8, 12, 16].map((at) => readFixed(tag, at));
  });
  if (columns.some((column) => column === null)) return null;
  return TO_SRGB.flatMap((row) =>
    columns.map((column) => row.reduce((sum, factor, index) => sum + factor * /** @type {number[]} */ (column)[index], 0)),
  );
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
