/** Parsed image files, and the checks and refusals of all formats (imaging/containers/container.py). */

import { UploadRefused } from "../domain/errors.js";

/**
 * A complete image file before its pixels are decoded.
 *
 * @typedef {object} Container
 * @property {"image/jpeg" | "image/png"} type
 * @property {number} width in pixels as stored, before any rotation
 * @property {number} height
 * @property {Uint8Array<ArrayBuffer>[]} parts the file without the metadata that pixels do not need
 * @property {number} orientation of EXIF, 1 (upright) to 8
 * @property {Uint8Array | null} profile ICC profile of the colours
 * @property {boolean} isGrey whether it has one channel, and no transparency
 * @property {number | null} um micrometres per pixel that the file states; null where it states none
 * @property {boolean} lacksEnd whether only the end mark is missing, so that every row has to be looked for
 */

/** Largest file, in bytes. */
export const MOST_BYTES = 25 * 1024 ** 2;
const MOST_PIXELS = 50_000_000;
const LEAST_SIDE = 64;

/** Return the refusal of a file that ends before its image does. @param {string} format */
export function refuseTruncated(format) {
  return new UploadRefused(
    "truncated",
    `The ${format} file ends before its image does: copy it from the microscope again and choose it anew.`,
  );
}

/** Return the refusal of a file whose bytes violate its format. @param {string} format @param {string} finding where */
export function refuseCorrupt(format, finding) {
  return new UploadRefused("corrupt", `The ${format} file is damaged (${finding}): take the image again.`);
}

/** Return the refusal of a complete file of a kind that is not read here. @param {string} format @param {string} finding its kind */
export function refuseVariant(format, finding) {
  return new UploadRefused(
    "unknown_format",
    `This kind of ${format} file is not read here (${finding}): export the image as an ordinary PNG or JPEG.`,
  );
}

/**
 * Check the size of an image, before memory is allocated for it.
 *
 * @param {number} width in pixels
 * @param {number} height in pixels
 * @throws {UploadRefused} `too_small` or `too_many_pixels`
 */
export function checkSize(width, height) {
  const size = `The image is ${width} x ${height} pixels`;
  if (width < LEAST_SIDE || height < LEAST_SIDE) {
    throw new UploadRefused(
      "too_small",
      `${size}, and at least ${LEAST_SIDE} x ${LEAST_SIDE} are needed: take the whole field of view at the camera's full size.`,
    );
  }
  if (width * height > MOST_PIXELS) {
    throw new UploadRefused(
      "too_many_pixels",
      `${size}, more than ${MOST_PIXELS / 1_000_000} megapixels: take one field of view instead of a scan of the slide.`,
    );
  }
}

/** Return a number of two bytes, the greater one first; 0 for those past the end. @param {Uint8Array} bytes @param {number} at */
export function readShort(bytes, at) {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Return a number of four bytes, the greatest one first; 0 for those past the end. @param {Uint8Array} bytes @param {number} at */
export function readLong(bytes, at) {
  return readShort(bytes, at) * 65536 + readShort(bytes, at + 2);
}

/** Return whether bytes hold a text of single bytes at a place. @param {Uint8Array} bytes @param {string} text @param {number} [at] */
export function hasText(bytes, text, at = 0) {
  if (bytes.length < at + text.length) return false;
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** Return bytes as a text of single bytes. @param {Uint8Array} bytes */
export function toText(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}
