/** Model input: images and masks at the model's size (imaging/model_input.py). */

import { resize } from "../opencv/resize.js";
import { createRaster } from "../raster.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Resize an image and its mask to a square, without cropping.
 *
 * @param {Raster} image RGB
 * @param {Raster} mask of the same size, 1 inside of stained cells, 0 elsewhere
 * @param {number} size side of the square in pixels
 * @returns {{original: Raster, maskShare: Raster}} the small image, and the mask's share of each pixel, 0 to 255
 */
export function shrink(image, mask, size) {
  return { original: resize(image, size, size, "area"), maskShare: resize(enlargeLevels(mask), size, size, "area") };
}

/** Multiply an image by the mask's share of each pixel, 0 to 255. @param {Raster} image RGB @param {Raster} maskShare @returns {Raster} */
export function segmentedInput(image, maskShare) {
  const product = createRaster(image.width, image.height, 3);
  for (let place = 0; place < image.data.length; place++) {
    product.data[place] = (image.data[place] * maskShare.data[(place / 3) | 0]) / 255;
  }
  return product;
}

/** Return a mask of 0 and 1 with 0 and 255. @param {Raster} mask */
function enlargeLevels(mask) {
  const levels = createRaster(mask.width, mask.height);
  for (let place = 0; place < mask.data.length; place++) levels.data[place] = mask.data[place] ? 255 : 0;
  return levels;
}
