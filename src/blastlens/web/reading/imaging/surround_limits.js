/** Limits of what is taken for a field and its surround (imaging/surround.py). */

/** @typedef {import("../raster.js").Raster} Raster */

/** Of 255, from a border's colour: what JPEG compression adds. */
export const TOLERANCE = 6;
/** Share of the image; what is smaller is no field with a surround. */
export const LEAST_FIELD = 0.04;
export const LEAST_SURROUND = 0.006;
/** Share of an edge at which the field begins; cells that end there by chance cover less. */
export const LEAST_CONTACT = 0.35;
export const SURE_CONTACT = 0.6;
/** Share of a border that holds text or ticks. */
export const MOST_OUTSIDE = 0.1;
/** Pixels within which something is near an edge. */
export const NEAR = 3;

/** Return the share of a mask that is not 0. @param {Raster} mask */
export function measureShare(mask) {
  let count = 0;
  for (const value of mask.data) if (value !== 0) count++;
  return count / mask.data.length;
}
