/** Parser of any image file that the page reads, chosen by the file's first bytes (imaging/containers/parser.py). */

import { UploadRefused } from "../domain/errors.js";
import { hasText, MOST_BYTES, toText } from "./container.js";
import { parseJpeg } from "./jpeg.js";
import { parsePng, PNG_MAGIC } from "./png.js";

/** @typedef {import("./container.js").Container} Container */

const FIRST_BYTES = [
  ["\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"],
  ["\xff\x4f\xff\x51", "JPEG 2000"],
  ["\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"],
  ["\xff\x0a", "JPEG XL"],
  ["GIF8", "GIF"],
  ["%PDF-", "PDF"],
  ["PK\x03\x04", "ZIP"],
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["II+\0", "TIFF"],
  ["MM\0+", "TIFF"],
  ["BM", "BMP"],
];
const HEIF_BRANDS = ["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"];
const AVIF_BRANDS = ["avif", "avis"];

/**
 * Parse an image file and check that it is complete, before any pixel is decoded.
 *
 * The service reads BMP and TIFF too; here they are refused, because browsers read them in part or not at all.
 *
 * @param {Uint8Array<ArrayBuffer>} data the whole file
 * @returns {Promise<Container>}
 * @throws {UploadRefused} with the service's reason
 */
export async function parseFile(data) {
  if (data.length === 0) throw new UploadRefused("empty", "The file is empty: copy it from the microscope again and choose it anew.");
  refuseIfTooLarge(data.length);
  if (hasText(data, "\xff\xd8\xff")) return parseJpeg(data);
  if (hasText(data, PNG_MAGIC)) return parsePng(data);
  throw refuseOtherFormat(data);
}

/** @param {number} size in bytes @throws {UploadRefused} `too_many_bytes` */
export function refuseIfTooLarge(size) {
  if (size <= MOST_BYTES) return;
  const message = `The file has more than ${MOST_BYTES / 1024 ** 2} MiB: save the image as JPEG or with fewer pixels and choose it again.`;
  throw new UploadRefused("too_many_bytes", message);
}

/** Return the refusal of a file in another format, by its name where it is known. @param {Uint8Array} data */
function refuseOtherFormat(data) {
  const name = nameFormat(data);
  if (name === "HEIC") {
    return new UploadRefused(
      "unknown_format",
      "The file is a HEIC photograph, as iPhones write, and HEIC is not read: set Settings > Camera > Formats to Most " +
        "Compatible and take it again, or export it as JPEG.",
    );
  }
  const what = name === null ? "no JPEG or PNG image, whatever its name says" : `in the format ${name}, which is not read here`;
  return new UploadRefused("unknown_format", `The file is ${what}: export the image as JPEG or PNG.`);
}

/** @param {Uint8Array} data @returns {string | null} */
function nameFormat(data) {
  if (hasText(data, "RIFF") && hasText(data, "WEBP", 8)) return "WebP";
  if (hasText(data, "ftyp", 4)) {
    const brands = [8, ...Array.from({ length: 12 }, (_, index) => 16 + 4 * index)].map((at) => toText(data.subarray(at, at + 4)));
    if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return "AVIF";
    return brands.some((brand) => HEIF_BRANDS.includes(brand)) ? "HEIC" : null;
  }
  if (hasText(data, "DICM", 128)) return "DICOM";
  return FIRST_BYTES.find(([first]) => hasText(data, first))?.[1] ?? null;
}
