/** Blast segmentation by stain: HSV thresholds, or clusters of the a channel (imaging/segmentation.py). */

import { normaliseIllumination } from "./illumination.js";
import { segmentByColour } from "./kmeans_segmentation.js";
import { chooseKernelSize, cleanMask } from "./masks.js";
import { findStainedPixels } from "./stained_pixels.js";

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
  const stained = findStainedPixels(normaliseIllumination(image), size, settings);
  return cleanMask(stained, size, settings.debris_fraction);
}
