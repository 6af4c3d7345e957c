/** Image quality: measurements, and the limits of a readable image (imaging/quality.py). */

import { UploadRefused } from "../domain/errors.js";
import { toGray, toHsv } from "../opencv/colour.js";
import { resize } from "../opencv/resize.js";
import { createRaster } from "../raster.js";
import { isAll } from "./crops.js";
import { clip, quantileOfCounts } from "./numbers.js";
import { measureSharpness, resizeLongestSide, resizeUsable } from "./sharpness.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Quality of an image, with the names of records and of `--json`; see domain/prediction.py.
 *
 * @typedef {object} Quality
 * @property {number} focus in grey levels squared
 * @property {number} brightness 0 to 1
 * @property {number} contrast 0 to 0.5
 * @property {number} stained_fraction 0 to 1
 * @property {number} background_fraction 0 to 1
 * @property {number} foreign_fraction 0 to 1
 * @property {number} grey_fraction 0 to 1
 * @property {number} steadiness 0 to 1
 */

const LIGHT = 0.6;
const COLOURED = Math.fround(0.25);
const DARK = 0.43;
const GREY = Math.fround(0.157);
const FOREIGN_HUES = [20, 85];
const WHITE_QUANTILE = 0.95;
const GREATEST_GAIN = 2.0;
const WHITE = 254;

/** Limits of the measurements of a readable image; imaging/quality.py says where they come from. */
export const LIMITS = Object.freeze({
  leastBrightness: 0.35,
  greatestBrightness: 0.997,
  brightestField: 0.97,
  leastContrast: 0.015,
  leastFocus: 2.0,
  leastStained: 0.004,
  smallestCell: 0.0005,
  leastBackground: 0.15,
  greatestForeign: 0.02,
  greatestGrey: 0.02,
  leastSteadiness: 0.1,
});

/** @typedef {{[name in keyof typeof LIMITS]: number}} QualityLimits */
/** @typedef {{failed: boolean, reason: string, message: string}} Test */

/**
 * Measure the quality of an image; `checkQuality` compares it with the limits.
 *
 * @param {Raster} image RGB
 * @param {Raster} mask its blast mask, of any size
 * @param {Raster | null} [usable] of any size with the image's shape, 0 where the image is not read; all of it by default
 * @param {number | null} [um] micrometres per pixel; see `measureSharpness`
 * @returns {Quality}
 */
export function measureQuality(image, mask, usable = null, um = null) {
  const small = resizeLongestSide(image);
  const inside = resizeUsable(usable, small);
  const { brightness, contrast } = measureLight(small, inside);
  const { focus, steadiness } = measureSharpness(image, usable, um);
  const stained = measureStained(mask, usable);
  return { focus, brightness, contrast, stained_fraction: stained, ...measureColours(small, inside), steadiness };
}

/** Return the share of pixels of an image that are clipped to white in every channel, 0 to 1. @param {Raster} image RGB */
export function measureWhiteShare(image) {
  const { data } = resizeLongestSide(image);
  let white = 0;
  for (let place = 0; place < data.length; place += 3) {
    if (data[place] >= WHITE && data[place + 1] >= WHITE && data[place + 2] >= WHITE) white++;
  }
  return white / (data.length / 3);
}

/**
 * Check that an image is readable.
 *
 * @param {Quality} quality
 * @param {QualityLimits} [limits]
 * @param {number} [fields] how many training images it covers: the least stained area is one of a size, not of a share
 * @throws {UploadRefused} too_dark, too_bright, one_colour, not_a_smear, blurred, no_stained_cells or few_stained_cells
 */
export function checkQuality(quality, limits = LIMITS, fields = 1) {
  const shrink = 1 / Math.max(1, fields);
  const fitting = { ...limits, leastStained: limits.leastStained * shrink, smallestCell: limits.smallestCell * shrink };
  refuseFirst([...testExposure(quality, fitting), ...testCells(quality, fitting)]);
}

/**
 * Check what a thumbnail shows whatever its scale: light and colours.
 *
 * @param {Quality} quality
 * @param {QualityLimits} [limits]
 * @throws {UploadRefused} too_dark, too_bright, one_colour or not_a_smear
 */
export function checkExposure(quality, limits = LIMITS) {
  refuseFirst(testExposure(quality, limits));
}

/** @param {Test[]} tests in the order in which a technician can correct the image */
function refuseFirst(tests) {
  const failed = tests.find((test) => test.failed);
  if (failed) throw new UploadRefused(failed.reason, failed.message);
}

const EMPTY = {
  reason: "too_bright",
  message:
    "The image is too bright, or shows an empty field: lower the lamp or the exposure time, or move to a field " +
    "with cells, and take it again.",
};
const OTHER = "check that the right file was uploaded";

/** @param {Quality} quality @param {QualityLimits} limits @returns {Test[]} */
function testExposure(quality, limits) {
  const { brightness, foreign_fraction: foreign } = quality;
  const isForeign = foreign > limits.greatestForeign;
  const isFaint = quality.contrast < limits.leastContrast && !isForeign;
  return [
    {
      failed: brightness < limits.leastBrightness,
      reason: "too_dark",
      message: "The image is too dark: raise the lamp or the exposure time and take it again.",
    },
    {
      failed: brightness > limits.greatestBrightness,
      reason: "too_bright",
      message: "The image is too bright: lower the lamp or the exposure time and take it again.",
    },
    { failed: isFaint && brightness > limits.brightestField, ...EMPTY },
    {
      failed: isFaint,
      reason: "one_colour",
      message:
        "The image is one even colour: move to a field with cells, bring it into focus and take the image again.",
    },
    {
      failed: isForeign || quality.grey_fraction > limits.greatestGrey,
      reason: "not_a_smear",
      message: `The image does not look like a stained blood smear in bright field: ${OTHER}.`,
    },
    {
      failed: quality.background_fraction < limits.leastBackground,
      reason: "not_a_smear",
      message:
        `The image shows hardly any space between cells: ${OTHER}, or move to a thinner part of the smear and take ` +
        "it again.",
    },
  ];
}

/** @param {Quality} quality @param {QualityLimits} limits @returns {Test[]} */
function testCells(quality, limits) {
  const stained = quality.stained_fraction;
  const isBlurred = quality.focus < limits.leastFocus;
  const isUnstained = stained < limits.leastStained;
  return [
    { failed: quality.brightness > limits.brightestField && (isBlurred || isUnstained), ...EMPTY },
    {
      failed: isBlurred,
      reason: "blurred",
      message: "The image is out of focus: focus on the cells and take it again.",
    },
    {
      failed: quality.steadiness < limits.leastSteadiness,
      reason: "blurred",
      message: "The image is smeared along a line: let the stage come to rest and take it again.",
    },
    {
      failed: stained < limits.smallestCell,
      reason: "no_stained_cells",
      message:
        "No stained white cells were found in the image: move to a field with some, or stain the smear longer if " +
        "there are some, and take it again.",
    },
    {
      failed: isUnstained,
      reason: "few_stained_cells",
      message:
        `Only ${(100 * stained).toFixed(2)}% of the image is stained like white cells, and ` +
        `${(100 * limits.leastStained).toFixed(1)}% is needed: move to a field with more, or stain the smear longer ` +
        "if they are pale, and take it again.",
    },
  ];
}

/** Return mean and standard deviation of the luminance, as shares of 255. @param {Raster} small @param {Raster | null} inside */
function measureLight(small, inside) {
  const luminance = toGray(small).data;
  let [number, sum, squares] = [0, 0, 0];
  for (let place = 0; place < luminance.length; place++) {
    if (inside !== null && inside.data[place] === 0) continue;
    number++;
    sum += luminance[place];
    squares += luminance[place] * luminance[place];
  }
  const mean = sum / number;
  return { brightness: mean / 255, contrast: Math.sqrt(Math.max(squares / number - mean * mean, 0)) / 255 };
}

/** Return the share of a mask, within the usable area where any of it is. @param {Raster} mask @param {Raster | null} usable */
function measureStained(mask, usable) {
  const inside = usable === null || isAll(usable) ? null : resize(usable, mask.width, mask.height, "nearest").data;
  let [number, within, stained, stainedWithin] = [0, 0, 0, 0];
  for (let place = 0; place < mask.data.length; place++) {
    const isStained = mask.data[place] !== 0 ? 1 : 0;
    const isInside = inside !== null && inside[place] !== 0 ? 1 : 0;
    number++;
    within += isInside;
    stained += isStained;
    stainedWithin += isStained & isInside;
  }
  return within > 0 ? stainedWithin / within : stained / number;
}

/**
 * Return the shares of background, foreign and dark grey pixels.
 *
 * Background is light and hardly coloured; foreign are strong colours that no stain has.
 *
 * @param {Raster} small RGB
 * @param {Raster | null} inside
 */
function measureColours(small, inside) {
  const balanced = balanceWhite(small, inside);
  const [hues, { data }] = [toHsv(balanced).data, balanced];
  const counts = { all: 0, background: 0, foreign: 0, grey: 0 };
  for (let pixel = 0, place = 0; place < data.length; pixel++, place += 3) {
    if (inside !== null && inside.data[pixel] === 0) continue;
    const lightest = Math.max(data[place], data[place + 1], data[place + 2]);
    const chroma = Math.fround((lightest - Math.min(data[place], data[place + 1], data[place + 2])) / 255);
    counts.all++;
    if (lightest > LIGHT * 255 && chroma < COLOURED) counts.background++;
    if (hues[place] > FOREIGN_HUES[0] && hues[place] < FOREIGN_HUES[1] && chroma > COLOURED) counts.foreign++;
    if (lightest < DARK * 255 && chroma < GREY) counts.grey++;
  }
  return {
    background_fraction: counts.background / counts.all,
    foreign_fraction: counts.foreign / counts.all,
    grey_fraction: counts.grey / counts.all,
  };
}

/**
 * Make the brightest field white, with a limited gain; otherwise a yellow lamp would count as a foreign colour.
 *
 * @param {Raster} small RGB
 * @param {Raster | null} inside
 */
function balanceWhite(small, inside) {
  const balanced = createRaster(small.width, small.height, 3);
  for (let channel = 0; channel < 3; channel++) {
    const counts = new Int32Array(256);
    for (let pixel = 0, place = channel; place < small.data.length; pixel++, place += 3) {
      if (inside === null || inside.data[pixel] !== 0) counts[small.data[place]]++;
    }
    const gain = clip(255 / Math.max(quantileOfCounts(counts, WHITE_QUANTILE), 1), 1, GREATEST_GAIN);
    const table = Uint8Array.from({ length: 256 }, (_, level) => clip(level * gain, 0, 255));
    for (let place = channel; place < small.data.length; place += 3) balanced.data[place] = table[small.data[place]];
  }
  return balanced;
}
