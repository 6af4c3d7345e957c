/** Decoder of image files to RGB pixels, in a browser (imaging/decode.py). */

import { createRaster } from "../raster.js";
import { findConversion } from "./colour_profile.js";
import { checkSize, refuseCorrupt, refuseTruncated } from "./container.js";
import { parseFile, refuseIfTooLarge } from "./file.js";
import { checkReadBack, copyPixels } from "./pixels.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("./container.js").Container} Container */

/**
 * Decoded pixels.
 *
 * @typedef {object} Decoded
 * @property {Raster} raster RGB, upright
 * @property {number | null} um micrometres per pixel that the file states; null where it states none
 */

const JPEG_END = Uint8Array.of(0xff, 0xd9);
/** What is put behind a file that lacks its end: where pixels depend on it, data are missing. */
const FILLINGS = [[0], [0xff, 0], [0xa5]].map((pattern) => Uint8Array.from({ length: 2048 }, (_, at) => pattern[at % pattern.length]));

/**
 * Decode a JPEG or PNG file, recognised by its first bytes only, or take the pixels of a camera's image.
 *
 * A browser gets the file without metadata: it then turns nothing and converts no colour, and what the metadata says
 * is done here, by the rules of the service. Transparent pixels become white.
 *
 * @param {Blob | ImageBitmap} image
 * @returns {Promise<Decoded>}
 * @throws {import("../domain/errors.js").UploadRefused} the file cannot be read; with the service's reason
 * @throws {import("./pixels.js").PixelsChanged} the browser changes pixels that are read
 */
export async function decode(image) {
  checkReadBack();
  if (!(image instanceof Blob)) {
    checkSize(image.width, image.height);
    return { raster: take(image, 1), um: null };
  }
  refuseIfTooLarge(image.size);
  const container = await parseFile(new Uint8Array(await image.arrayBuffer()));
  const conversion = findConversion(container);
  const raster = container.lacksEnd ? await decodeWithoutEnd(container) : await decodePixels(container, container.parts);
  if (conversion !== null) conversion(raster);
  return { raster, um: container.um };
}

/**
 * Decode a JPEG file without an end marker.
 *
 * Decoders do not say whether data are missing, they fill in. So the pixels are decoded with different data after the
 * end: if one depends on them, data are missing.
 *
 * @param {Container} container
 */
async function decodeWithoutEnd(container) {
  const [raster, ...others] = await Promise.all(
    FILLINGS.map((filling) => decodePixels(container, [...container.parts, filling, JPEG_END])),
  );
  for (const other of others) {
    if (raster.data.some((value, place) => value !== other.data[place])) throw refuseTruncated("JPEG");
  }
  return raster;
}

/** @param {Container} container @param {Uint8Array<ArrayBuffer>[]} parts of the file @returns {Promise<Raster>} */
async function decodePixels({ type, width, height, orientation }, parts) {
  const name = type === "image/png" ? "PNG" : "JPEG";
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob(parts, { type }), { colorSpaceConversion: "none" });
  } catch (error) {
    if (error instanceof DOMException) throw refuseCorrupt(name, "its pixels cannot be decoded");
    throw error; // the browser lacks something: that is no error of the file
  }
  if (bitmap.width !== width || bitmap.height !== height) {
    bitmap.close();
    throw refuseCorrupt(name, "it has another size than it states");
  }
  return take(bitmap, orientation);
}

/** Return the upright pixels of a bitmap, and close it. @param {ImageBitmap} bitmap @param {number} orientation @returns {Raster} */
function take(bitmap, orientation) {
  try {
    const { width, height } = bitmap;
    const raster = orientation >= 5 ? createRaster(height, width, 3) : createRaster(width, height, 3);
    copyPixels(bitmap, orientation, raster);
    return raster;
  } finally {
    bitmap.close();
  }
}
