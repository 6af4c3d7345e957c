/** Parser of PNG files: chunks with check sums up to an end chunk (imaging/containers/png.py). */

import { UploadRefused } from "../domain/errors.js";
import { checkSize, readLong, refuseCorrupt, refuseTruncated, refuseVariant, toText } from "./container.js";
import { readExifResolution, readOrientation, resolveDensity } from "./resolution.js";

/** @typedef {import("./container.js").Container} Container */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const NAME = "PNG";
export const PNG_MAGIC = "\x89PNG\r\n\x1a\n";
const MAGIC_BYTES = 8;
const PIXELS = ["IHDR", "PLTE", "tRNS", "IDAT"];
const UM_OF_METRE = 1e6;
const MOST_PROFILE_BYTES = 4 * 1024 ** 2;
const END_CHUNK = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);
/** Colour types of the header. */
const GREY = 0;
const ALPHA = [4, 6];

class State {
  /** @type {Bytes[]} */
  kept = [];
  /** @type {number | null} */
  orientation = null;
  /** @type {Uint8Array<ArrayBuffer> | null} packed */
  profile = null;
  /** @type {number | null} */
  um = null;
  /** @type {Set<string>} */
  kinds = new Set();
}

/**
 * Parse the chunks of a PNG file.
 *
 * @param {Bytes} data
 * @returns {Promise<Container>}
 * @throws {UploadRefused} it is not complete, damaged, animated, of 16 bits a channel, too small or too large
 */
export async function parsePng(data) {
  const state = new State();
  let position = MAGIC_BYTES;
  for (let kind = ""; kind !== "IEND"; ) {
    const length = readLong(data, position);
    kind = toText(data.subarray(position + 4, position + 8));
    const end = position + 12 + length;
    checkChunk(data, position, length, kind);
    const chunk = data.subarray(position, end);
    if (PIXELS.includes(kind)) {
      state.kept.push(chunk);
      state.kinds.add(kind);
    } else if (hasRightSum(chunk)) readOther(state, kind, chunk.slice(8, -4));
    position = end;
  }
  if (!state.kinds.has("IDAT")) throw refuseCorrupt(NAME, "it holds no picture");
  if (data[24] === 16) throw refuseVariant(NAME, "16 bits a channel");
  return makeContainer(state, data);
}

/** @param {State} state @param {Bytes} data @returns {Promise<Container>} */
async function makeContainer(state, data) {
  await checkPixels(state, data);
  return {
    type: "image/png",
    width: readLong(data, 16),
    height: readLong(data, 20),
    parts: [data.subarray(0, MAGIC_BYTES), ...state.kept, END_CHUNK],
    orientation: state.orientation ?? 1,
    profile: state.profile === null ? null : await inflate(state.profile, MOST_PROFILE_BYTES),
    isGrey: data[25] === GREY && !state.kinds.has("tRNS"),
    um: state.um,
    lacksEnd: false,
  };
}

/**
 * Check that the pixels can be inflated and that none is missing: a browser paints what is missing as it likes.
 *
 * @param {State} state
 * @param {Bytes} data
 */
async function checkPixels(state, data) {
  const packed = state.kept.filter((chunk) => hasKind(chunk, "IDAT")).map((chunk) => chunk.subarray(8, -4));
  const wanted = countBytes(data);
  let count = 0;
  try {
    for await (const part of readAll(new Blob(packed).stream().pipeThrough(new DecompressionStream("deflate")))) {
      count += part.length;
      if (count >= wanted) return; // more than the image needs is ignored by decoders
    }
  } catch (error) {
    const isCut = /truncated|unexpected end/i.test(String(error)) || /** @type {any} */ (error)?.code === "Z_BUF_ERROR";
    if (!isCut) throw refuseCorrupt(NAME, "its pixels cannot be decoded");
  }
  throw refuseTruncated(NAME);
}

/** Return how many bytes the inflated pixels have, the filter of each row included. @param {Bytes} data */
function countBytes(data) {
  const [width, height, bits, kind, interlaced] = [readLong(data, 16), readLong(data, 20), data[24], data[25], data[28]];
  const channels = kind === 2 || kind === 6 ? 3 : 1;
  const bitsOfPixel = bits * (channels + (ALPHA.includes(kind) ? 1 : 0));
  const rows = (/** @type {number} */ wide, /** @type {number} */ high) =>
    wide > 0 && high > 0 ? high * (1 + Math.ceil((wide * bitsOfPixel) / 8)) : 0;
  if (interlaced === 0) return rows(width, height);
  return ADAM7.reduce(
    (sum, [left, top, across, down]) => sum + rows(Math.ceil((width - left) / across), Math.ceil((height - top) / down)),
    0,
  );
}

/** First column and row, and steps, of the passes of an interlaced image. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** @param {State} state @param {string} kind @param {Bytes} body */
function readOther(state, kind, body) {
  if (kind === "acTL" && readLong(body, 0) > 1) {
    throw new UploadRefused("multiple_pages", "The PNG file holds more than one image: save each field of view as a file of its own.");
  }
  if (kind === "eXIf") {
    state.orientation ??= readOrientation(body);
    state.um ??= readExifResolution(body);
  } else if (kind === "pHYs" && body.length === 9 && body[8] === 1) {
    state.um = resolveDensity(readLong(body, 0), readLong(body, 4), UM_OF_METRE) ?? state.um;
  } else if (kind === "iCCP") {
    state.profile = body.subarray(body.indexOf(0) + 2);
  }
}

/** @param {Bytes} data @param {number} position @param {number} length @param {string} kind */
function checkChunk(data, position, length, kind) {
  if (kind.length < 4) throw refuseTruncated(NAME);
  if (!/^[A-Za-z]{4}$/.test(kind) || length >= 2 ** 31) throw refuseCorrupt(NAME, `no chunk begins at byte ${position}`);
  if (position === MAGIC_BYTES) checkHeader(data, length, kind);
  else if (kind === "IHDR") throw refuseCorrupt(NAME, `a second header at byte ${position}`);
  const end = position + 12 + length;
  if (end > data.length) throw refuseTruncated(NAME);
  if (PIXELS.includes(kind) && !hasRightSum(data.subarray(position, end))) {
    throw refuseCorrupt(NAME, `the check sum of the chunk at byte ${position} is wrong`);
  }
}

/** Check the size before the check sum: a forged size may come with a wrong sum. @param {Bytes} data @param {number} length @param {string} kind */
function checkHeader(data, length, kind) {
  if (kind !== "IHDR" || length !== 13) throw refuseCorrupt(NAME, "it does not begin with its header");
  if (data.length < 33) throw refuseTruncated(NAME);
  checkSize(readLong(data, 16), readLong(data, 20));
}

/** @param {Bytes} chunk @param {string} kind */
function hasKind(chunk, kind) {
  return toText(chunk.subarray(4, 8)) === kind;
}

/** Return inflated bytes, cut off soon after `most` of them; null where they are damaged. @param {Bytes} packed @param {number} most */
async function inflate(packed, most) {
  /** @type {number[]} */
  const bytes = [];
  try {
    for await (const part of readAll(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")))) {
      for (const byte of part) bytes.push(byte);
      if (bytes.length >= most) break;
    }
  } catch {
    return null;
  }
  return Uint8Array.from(bytes);
}

/** Yield the parts of a stream; not every browser iterates over streams. @param {ReadableStream<Uint8Array>} stream */
async function* readAll(stream) {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.cancel().catch(() => {});
  }
}

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** @param {Bytes} chunk */
function hasRightSum(chunk) {
  let sum = -1;
  for (let place = 4; place < chunk.length - 4; place++) sum = CRC[(sum ^ chunk[place]) & 0xff] ^ (sum >>> 8);
  return ~sum >>> 0 === readLong(chunk, chunk.length - 4);
}
