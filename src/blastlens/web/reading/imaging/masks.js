/** Cleaning of blast masks: from stained pixels to whole cells (imaging/masks.py). */

import { findContours } from "../opencv/contours.js";
import { drawContoursFilled } from "../opencv/drawing.js";
import { contourArea } from "../opencv/geometry.js";
import { close, ellipse, open } from "../opencv/morphology.js";
import { createRaster } from "../raster.js";
import { roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */

/** Return the odd kernel width in pixels for an image: 3 at 224 pixels, and more in larger ones. @param {Raster} image */
export function chooseKernelSize(image) {
  return 2 * Math.max(1, roundHalfEven(Math.min(image.width, image.height) / 224)) + 1;
}

/**
 * Make a blast mask from stained pixels: remove specks and thin bridges, close gaps, fill holes.
 *
 * @param {Raster} stained 255 where a pixel has the stain of blasts, 0 elsewhere
 * @param {number} size odd kernel width in pixels; smaller specks and gaps disappear
 * @param {number} debrisFraction objects below this share of the image are debris, not blasts; 0 to 1
 * @returns {Raster} of 0 and 1
 */
export function cleanMask(stained, size, debrisFraction) {
  const kernel = ellipse(size);
  return fillLargeObjects(close(open(stained, kernel), kernel), debrisFraction);
}

/** Keep objects larger than debris, with their holes filled. @param {Raster} stained @param {number} debrisFraction */
function fillLargeObjects(stained, debrisFraction) {
  const smallest = debrisFraction * stained.data.length;
  const filled = createRaster(stained.width, stained.height);
  const contours = findContours(stained, "external", "none").map(({ points }) => points);
  drawContoursFilled(filled, contours.filter((points) => contourArea(points) >= smallest), 1);
  return filled;
}
