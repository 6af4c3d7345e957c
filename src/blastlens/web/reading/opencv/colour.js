/** Conversions between colour spaces of uint8 rasters, as OpenCV's `cvtColor` does them. */

import { Raster } from "../raster.js";
import { roundHalfEven, saturate } from "./arithmetic.js";

const HSV_BITS = 12;

/**
 * Return the grey levels of an image; `COLOR_RGB2GRAY`.
 *
 * @param {Raster} rgb
 * @returns {Raster} of one channel
 */
export function toGray(rgb) {
  const { width, height, data } = rgb;
  const gray = new Uint8Array(width * height);
  for (let place = 0, from = 0; place < gray.length; place++, from += 3) {
    gray[place] = (data[from] * 9798 + data[from + 1] * 19235 + data[from + 2] * 3735 + 16384) >> 15;
  }
  return new Raster(width, height, 1, gray);
}

/**
 * Return hue (0 to 179), saturation and value of an image; `COLOR_RGB2HSV`.
 *
 * @param {Raster} rgb
 * @returns {Raster}
 */
export function toHsv(rgb) {
  return convertToHsv(rgb, 180);
}

/**
 * Return hue (0 to 255), saturation and value of an image; `COLOR_RGB2HSV_FULL`.
 *
 * @param {Raster} rgb
 * @returns {Raster}
 */
export function toHsvFull(rgb) {
  return convertToHsv(rgb, 256);
}

/** Reciprocals of 1 to 255 for saturations, in parts of 2 ** HSV_BITS. */
export const SATURATIONS = divideOut(255 << HSV_BITS);
/** Reciprocals of 1 to 255 for hues, by the number of hues. @type {ReadonlyMap<number, Int32Array>} */
export const HUES = new Map([180, 256].map((hues) => [hues, divideOut((hues << HSV_BITS) / 6)]));

/**
 * @param {number} dividend
 * @returns {Int32Array} the dividend over 0 (as 0) to 255, rounded
 */
function divideOut(dividend) {
  return Int32Array.from({ length: 256 }, (_, value) => (value === 0 ? 0 : roundHalfEven(dividend / value)));
}

/**
 * @param {Raster} rgb
 * @param {number} hues in the circle
 * @returns {Raster}
 */
function convertToHsv(rgb, hues) {
  const source = rgb.data;
  const data = new Uint8Array(source.length);
  const reciprocals = /** @type {Int32Array} */ (HUES.get(hues));
  const half = 1 << (HSV_BITS - 1);
  for (let place = 0; place < data.length; place += 3) {
    const red = source[place];
    const green = source[place + 1];
    const blue = source[place + 2];
    const greatest = red > green ? (red > blue ? red : blue) : green > blue ? green : blue;
    const least = red < green ? (red < blue ? red : blue) : green < blue ? green : blue;
    const range = greatest - least;
    let hue = 0;
    if (greatest === red) hue = green - blue;
    else if (greatest === green) hue = blue - red + 2 * range;
    else hue = red - green + 4 * range;
    hue = (hue * reciprocals[range] + half) >> HSV_BITS;
    if (hue < 0) hue += hues;
    data[place] = hue > 255 ? 255 : hue;
    data[place + 1] = (range * SATURATIONS[greatest] + half) >> HSV_BITS;
    data[place + 2] = greatest;
  }
  return new Raster(rgb.width, rgb.height, 3, data);
}

/**
 * @param {number} value greater than 0
 * @returns {number} the greatest number of 32 bits that is not greater
 */
function truncate(value) {
  const unit = 2 ** (Math.floor(Math.log2(value)) - 23);
  return Math.floor(value / unit) * unit;
}

const GAMMA_BITS = 3;
const LAB_BITS = 12;
const LAB_ROOT_BITS = LAB_BITS + GAMMA_BITS;

/** Linear light of sRGB values 0 to 255, in parts of 255 * 2 ** GAMMA_BITS. */
const LINEAR = Uint16Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  const linear = share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  return roundHalfEven(255 * (1 << GAMMA_BITS) * linear);
});
/** CIE Lab's f of linear light, in parts of 2 ** LAB_ROOT_BITS. */
const ROOTS = Uint16Array.from({ length: (256 * 3 * (1 << GAMMA_BITS)) / 2 }, (_, value) => {
  const { fround } = Math;
  const share = fround(value * fround(1 / (255 * (1 << GAMMA_BITS))));
  const isDark = share < fround(216 / 24389);
  const root = isDark ? fround(share * fround(841 / 108) + fround(16 / 116)) : truncate(Math.cbrt(share));
  return roundHalfEven((1 << LAB_ROOT_BITS) * root);
});
/** From linear sRGB to X, Y and Z over those of the white of D65, in parts of 2 ** LAB_BITS. */
const XYZ = [
  [0.412453 / 0.950456, 0.35758 / 0.950456, 0.180423 / 0.950456],
  [0.212671, 0.71516, 0.072169],
  [0.019334 / 1.088754, 0.119193 / 1.088754, 0.950227 / 1.088754],
].map((row) => row.map((value) => roundHalfEven(value * (1 << LAB_BITS))));

/**
 * Return the CIE Lab of an image, L * 255 / 100, a + 128 and b + 128; `COLOR_RGB2LAB`.
 *
 * @param {Raster} rgb
 * @returns {Raster}
 */
export function toLab(rgb) {
  const source = rgb.data;
  const data = new Uint8Array(source.length);
  const [[xr, xg, xb], [yr, yg, yb], [zr, zg, zb]] = XYZ;
  const [half, rootHalf] = [1 << (LAB_BITS - 1), 1 << (LAB_ROOT_BITS - 1)];
  const scale = Math.trunc((116 * 255 + 50) / 100);
  const shift = -Math.trunc((16 * 255 * (1 << LAB_ROOT_BITS) + 50) / 100);
  const middle = 128 << LAB_ROOT_BITS;
  for (let place = 0; place < data.length; place += 3) {
    const red = LINEAR[source[place]];
    const green = LINEAR[source[place + 1]];
    const blue = LINEAR[source[place + 2]];
    const x = ROOTS[(red * xr + green * xg + blue * xb + half) >> LAB_BITS];
    const y = ROOTS[(red * yr + green * yg + blue * yb + half) >> LAB_BITS];
    const z = ROOTS[(red * zr + green * zg + blue * zb + half) >> LAB_BITS];
    data[place] = saturate((scale * y + shift + rootHalf) >> LAB_ROOT_BITS);
    data[place + 1] = saturate((500 * (x - y) + middle + rootHalf) >> LAB_ROOT_BITS);
    data[place + 2] = saturate((200 * (y - z) + middle + rootHalf) >> LAB_ROOT_BITS);
  }
  return new Raster(rgb.width, rgb.height, 3, data);
}
