/** Check of a file before it is sent, by the service's own rules: what it would refuse unread is not sent. */

/** Largest file, in bytes. */
export const MOST_BYTES = 25 * 1024 ** 2;
const MOST_PIXELS = 50_000_000;
const LEAST_SIDE = 64;
/** The parts of a file that say what it is lie at its beginning; comments and previews may stand before them. */
const HEAD_BYTES = 512 * 1024;

/** @typedef {{extension: string} | {reason: string}} Verdict `reason` is the service's reason of a rejection */

/**
 * Check a file.
 *
 * @param {Blob} file
 * @returns {Promise<Verdict>}
 * @throws {Error} the file cannot be read, as after it was moved.
 */
export async function checkFile(file) {
  if (file.size === 0) return { reason: "empty" };
  if (file.size > MOST_BYTES) return { reason: "too_many_bytes" };
  const head = new DataView(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const extension = formatOf(head);
  if (extension === null) return { reason: "unknown_format" };
  if (extension === "png" && !(await endsAsPng(file))) return { reason: "truncated" };
  const size = sizeOf(head, extension);
  if (size === null) return { extension };
  if (size.width < LEAST_SIDE || size.height < LEAST_SIDE) return { reason: "too_small" };
  return size.width * size.height > MOST_PIXELS ? { reason: "too_many_pixels" } : { extension };
}

/** Return the extension by the first bytes, whatever the file's name says; null where it is no image that is read. @param {DataView} head */
function formatOf(head) {
  const first = (/** @type {number[]} */ ...bytes) => bytes.every((byte, place) => place < head.byteLength && head.getUint8(place) === byte);
  if (first(0xff, 0xd8, 0xff)) return "jpg";
  if (first(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png";
  if (first(0x42, 0x4d)) return "bmp";
  const isTiff = [0x2a, 0x2b].some((kind) => first(0x49, 0x49, kind, 0) || first(0x4d, 0x4d, 0, kind));
  return isTiff ? "tif" : null;
}

/** Check for PNG's last chunk. Some programs write a few bytes behind it. @param {Blob} file */
async function endsAsPng(file) {
  const tail = new Uint8Array(await file.slice(-4096).arrayBuffer());
  const text = String.fromCharCode(...tail);
  return text.includes("IEND\xae\x42\x60\x82");
}

/**
 * Return the pixels of an image, where its beginning says them.
 *
 * @param {DataView} head
 * @param {string} extension
 * @returns {{width: number, height: number} | null}
 */
function sizeOf(head, extension) {
  try {
    if (extension === "png") return { width: head.getUint32(16), height: head.getUint32(20) };
    if (extension === "bmp") return sizeOfBmp(head);
    return extension === "jpg" ? sizeOfJpeg(head) : null;
  } catch (error) {
    // The file ends early, or its frame lies further behind: the service decides.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** @param {DataView} head */
function sizeOfBmp(head) {
  if (head.getUint32(14, true) < 40) return null;
  return { width: Math.abs(head.getInt32(18, true)), height: Math.abs(head.getInt32(22, true)) };
}

/** @param {DataView} head */
function sizeOfJpeg(head) {
  for (let at = 2; ; ) {
    if (head.getUint8(at) !== 0xff) return null;
    const kind = head.getUint8(at + 1);
    if (kind === 0xff) at += 1;
    else if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind)) {
      return { width: head.getUint16(at + 7), height: head.getUint16(at + 5) };
    } else if (kind === 0x01 || (kind >= 0xd0 && kind <= 0xd8)) at += 2;
    else if (kind === 0xda || kind === 0xd9) return null;
    else at += 2 + head.getUint16(at + 2);
  }
}
