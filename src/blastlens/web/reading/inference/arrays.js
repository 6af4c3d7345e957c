/** NumPy archives of a model package: arrays of float32 in a ZIP archive without compression. */

import { DamagedPackage } from "../domain/errors.js";

/**
 * An array of float32, row by row.
 *
 * @typedef {{shape: readonly number[], data: Float32Array}} FloatArray
 */

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_ENTRY = 0x04034b50;
const END_BYTES = 22;
const NPY = "\x93NUMPY";

/**
 * Return every array of an archive by its name.
 *
 * @param {Uint8Array} bytes as `numpy.savez` writes them
 * @param {string} file its name, for the message
 * @returns {Record<string, FloatArray>}
 * @throws {DamagedPackage} the bytes are not an archive of plain arrays of float32
 */
export function readArrays(bytes, file) {
  try {
    return Object.fromEntries(
      listEntries(bytes).map(({ name, content }) => [name.replace(/\.npy$/, ""), readArray(content)]),
    );
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error;
    throw new DamagedPackage(`${file} is not an archive of arrays: ${error.message}`);
  }
}

/**
 * Return the files of a ZIP archive by its directory (APPNOTE.TXT, PKWARE).
 *
 * @param {Uint8Array} bytes
 * @returns {{name: string, content: Uint8Array}[]}
 */
function listEntries(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const entries = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new RangeError("its directory is damaged");
    if (view.getUint16(at + 10, true) !== 0) throw new RangeError("it is compressed");
    const length = view.getUint16(at + 28, true);
    const name = String.fromCharCode(...bytes.subarray(at + 46, at + 46 + length));
    entries.push({ name, content: readEntry(bytes, view, view.getUint32(at + 42, true), view.getUint32(at + 20, true)) });
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

/** @param {DataView} view */
function findEnd(view) {
  for (let at = view.byteLength - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  throw new RangeError("it has no directory");
}

/** @param {Uint8Array} bytes @param {DataView} view @param {number} at @param {number} size */
function readEntry(bytes, view, at, size) {
  if (view.getUint32(at, true) !== LOCAL_ENTRY) throw new RangeError("a file in it is damaged");
  const start = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (start + size > bytes.length) throw new RangeError("it is truncated");
  return bytes.subarray(start, start + size);
}

/**
 * Return an array in NumPy's format (numpy.lib.format, versions 1 to 3).
 *
 * @param {Uint8Array} bytes
 * @returns {FloatArray}
 */
function readArray(bytes) {
  if (bytes.length < 12 || String.fromCharCode(...bytes.subarray(0, 6)) !== NPY) throw new RangeError("an array has no header");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6] > 1;
  const start = (long ? 12 : 10) + (long ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = String.fromCharCode(...bytes.subarray(long ? 12 : 10, start));
  const found = /'descr': '<f4', 'fortran_order': False, 'shape': \(([\d, ]*)\)/.exec(header);
  if (found === null) throw new RangeError("an array is not one of float32 by rows");
  const shape = found[1].split(",").map((size) => size.trim()).filter(Boolean).map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - start !== count * 4) throw new RangeError("an array is truncated");
  const data = new Float32Array(count);
  new Uint8Array(data.buffer).set(bytes.subarray(start));
  return { shape, data };
}
