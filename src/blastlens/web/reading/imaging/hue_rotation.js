/** Rotation of all hues of an image, in one pass over its pixels. */

import { HUES, SATURATIONS } from "../opencv/colour.js";
import { createRaster } from "../raster.js";

/** @typedef {import("../raster.js").Raster} Raster */

const LEVELS = 256;
const HSV_BITS = 12;
const HALF = 1 << (HSV_BITS - 1);
const single = Math.fround;
/** A 255th of a circle in sixths of it; the next greater number of single precision, as in OpenCV's library for x86-64. */
const SIXTH = single(6 / 255) + 2 ** -29;
/** Value times (1 - saturation), at 256 * value + saturation: the least channel of a colour. */
const LEAST = tabulateLeast();
/** Factor of the value in the middle channel of a colour, at 256 * hue + saturation. */
const MIDDLE = tabulateMiddle();
/** Sixth of the circle in which a hue lies, 0 to 5. */
const SECTOR = Uint8Array.from({ length: LEVELS }, (_, hue) => Math.floor(single(hue * SIXTH)) % 6);

/**
 * Rotate every hue of an image: to HSV (OpenCV's `COLOR_RGB2HSV_FULL`), with shifted hues, and back.
 *
 * @param {Raster} image RGB
 * @param {number} shift 0 to 255, on OpenCV's fine scale
 * @param {Raster} [target] of the same size, which is written; it may be the image itself
 * @returns {Raster} the target
 */
export function shiftHues(image, shift, target = createRaster(image.width, image.height, 3)) {
  const source = image.data;
  const reciprocals = /** @type {Int32Array} */ (HUES.get(LEVELS));
  const { data } = target;
  for (let place = 0; place < source.length; place += 3) {
    const red = source[place];
    const green = source[place + 1];
    const blue = source[place + 2];
    const value = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const range = value - (red < green ? (red < blue ? red : blue) : green < blue ? green : blue);
    const turn = value === red ? green - blue : value === green ? blue - red + 2 * range : red - green + 4 * range;
    const hue = (((turn * reciprocals[range] + HALF) >> HSV_BITS) + shift) & 255;
    const saturation = (range * SATURATIONS[value] + HALF) >> HSV_BITS;
    const least = LEAST[(value << 8) | saturation];
    const middle = single(single(value * MIDDLE[(hue << 8) | saturation]) + 0.5);
    switch (SECTOR[hue]) {
      case 0:
        data[place] = value;
        data[place + 1] = middle;
        data[place + 2] = least;
        break;
      case 1:
        data[place] = middle;
        data[place + 1] = value;
        data[place + 2] = least;
        break;
      case 2:
        data[place] = least;
        data[place + 1] = value;
        data[place + 2] = middle;
        break;
      case 3:
        data[place] = least;
        data[place + 1] = middle;
        data[place + 2] = value;
        break;
      case 4:
        data[place] = middle;
        data[place + 1] = least;
        data[place + 2] = value;
        break;
      default:
        data[place] = value;
        data[place + 1] = least;
        data[place + 2] = middle;
    }
  }
  return target;
}

function tabulateLeast() {
  const table = new Uint8ClampedArray(LEVELS * LEVELS);
  for (let value = 0; value < LEVELS; value++) {
    for (let saturation = 0; saturation < LEVELS; saturation++) {
      const rest = single(1 - single(saturation * single(1 / 255)));
      table[LEVELS * value + saturation] = single(single(single(value * single(1 / 255)) * rest) * 255);
    }
  }
  return table;
}

function tabulateMiddle() {
  const table = new Float32Array(LEVELS * LEVELS);
  for (let hue = 0; hue < LEVELS; hue++) {
    const turn = single(hue * SIXTH);
    const sector = Math.floor(turn);
    const part = single(turn - sector);
    const share = sector % 2 === 0 ? single(1 - part) : part;
    for (let saturation = 0; saturation < LEVELS; saturation++) {
      table[LEVELS * hue + saturation] = single(1 - single(saturation * single(1 / 255)) * share);
    }
  }
  return table;
}
