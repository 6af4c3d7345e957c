/** Blast segmentation by stain: HSV thresholds, or clusters of the a channel (imaging/segmentation.py). */

import { inRange, otsuThreshold } from "../opencv/arithmetic.js";
import { gaussianBlur } from "../opencv/blur.js";
import { toHsv } from "../opencv/colour.js";
import { normaliseIllumination } from "./illumination.js";
import { segmentByColour } from "./kmeans_segmentation.js";
import { chooseKernelSize, cleanMask } from "./masks.js";
import { clip } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Thresholds of the blast mask in HSV, from the manifest of the package.
 *
 * @typedef {object} SegmentationSettings
 * @property {number} hue_low least hue of stained chromatin, OpenCV scale 0 to 179
 * @property {number} hue_high greatest hue of stained chromatin
 * @property {number} saturation_low least saturation that counts as stain, 0 to 255
 * @property {number} saturation_high upper limit of the adaptive saturation threshold
 * @property {number} otsu_factor the adaptive threshold is this factor times Otsu's of the purple pixels
 * @property {number} debris_fraction objects below this share of the image are debris, not blasts
 */

/** @typedef {SegmentationSettings | import("./kmeans_segmentation.js").LabSettings} BlastSettings */

/**
 * Return the blast mask of an image.
 *
 * @param {Raster} image RGB
 * @param {BlastSettings} settings from the package; those with `clusters` select the clusters of the a channel
 * @returns {Raster} 1 inside of stained cells; small debris removed, holes filled
 */
export function segment(image, settings) {
  return "clusters" in settings ? segmentByColour(image, settings) : segmentByHue(image, settings);
}

/** @param {Raster} image @param {SegmentationSettings} settings */
function segmentByHue(image, settings) {
  const size = chooseKernelSize(image);
  const hsv = toHsv(gaussianBlur(normaliseIllumination(image), size, 0));
  const { hue_low: low, hue_high: high } = settings;
  const saturation = chooseSaturation(hsv, settings) ?? settings.saturation_low;
  return cleanMask(inRange(hsv, [low, saturation, 0], [high, 255, 255]), size, settings.debris_fraction);
}

/**
 * Return the saturation threshold for a smear's depth of stain: Otsu 1979 over the purple pixels, within limits.
 *
 * @param {Raster} hsv
 * @param {Pick<SegmentationSettings, "hue_low" | "hue_high" | "saturation_low" | "saturation_high" | "otsu_factor">} settings
 * @returns {number | null} null where no pixel is purple
 */
export function chooseSaturation(hsv, settings) {
  const { hue_low: hueLow, hue_high: hueHigh, saturation_low: low, saturation_high: high, otsu_factor: factor } = settings;
  const { data } = hsv;
  const saturations = new Uint8Array(data.length / 3);
  let number = 0;
  for (let place = 0; place < data.length; place += 3) {
    if (data[place] >= hueLow && data[place] <= hueHigh && data[place + 1] >= low) saturations[number++] = data[place + 1];
  }
  if (number === 0) return null;
  return Math.trunc(clip(factor * otsuThreshold(saturations.subarray(0, number)), low, high));
}
