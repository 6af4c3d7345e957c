/** Lengths on a field: a scale bar of a round length, and the ruler. */

/**
 * Return the scale bar for a zoom: the longest round length that is not longer than `most`.
 * @param {number} umPerCssPixel micrometres that one CSS pixel shows
 * @param {number} [most] CSS pixels
 * @returns {{um: number, pixels: number}}
 */
export function scaleBar(umPerCssPixel, most = 140) {
  const longest = umPerCssPixel * most;
  const power = 10 ** Math.floor(Math.log10(longest));
  const um = [5, 2, 1].map((digit) => digit * power).find((length) => length <= longest * (1 + 1e-9)) ?? power;
  return { um, pixels: um / umPerCssPixel };
}

/**
 * Return the length of a ruler; null for micrometres where the pixel size is unknown.
 * @param {{x: number, y: number}} from in image pixels
 * @param {{x: number, y: number}} to in image pixels
 * @param {number|null} pixelSizeUm
 */
export function measure(from, to, pixelSizeUm) {
  const pixels = Math.hypot(to.x - from.x, to.y - from.y);
  return { pixels, um: pixelSizeUm ? pixels * pixelSizeUm : null };
}

/**
 * Return how many decimals a length is written with, so that it has about three digits.
 * @param {number} um
 */
export function decimalsOf(um) {
  if (um >= 100) return 0;
  return um >= 1 ? 1 : 2;
}
