/** Parser of JPEG files: segments and entropy-coded scans up to an end marker (imaging/containers/jpeg.py). */

import { checkSize, hasText, readShort, refuseCorrupt, refuseTruncated, refuseVariant } from "./container.js";
import { readExifResolution, readOrientation, resolveDensity } from "./resolution.js";

/** @typedef {import("./container.js").Container} Container */
/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const NAME = "JPEG";
/** Progressive files usually have about ten; thousands would occupy the decoder for long. */
const MOST_SCANS = 100;
const END = 0xd9;
const SCAN = 0xda;
/** Baseline, extended and progressive, in Huffman codes; browsers do not read arithmetic ones. */
const FRAMES_READ = [0xc0, 0xc1, 0xc2];
const TABLES = [0xc4, 0xcc, 0xdb, 0xdc, 0xdd];
/** JFIF and Adobe: they define the colours of the components. */
const KEPT_APPLICATIONS = [0xe0, 0xee];
const UM_OF_DENSITY = [0, 25_400, 10_000];
/** As many zeros may be data. */
const RESERVED_BYTES = 16;

class State {
  /** @type {Bytes[]} */
  kept = [Uint8Array.of(0xff, 0xd8)];
  /** @type {Map<number, Uint8Array>} */
  profileParts = new Map();
  /** @type {number | null} */
  orientation = null;
  /** @type {number | null} */
  um = null;
  frames = 0;
  scans = 0;
  components = 0;
  width = 0;
  height = 0;
  /** Component and coefficient, in full precision. @type {Set<number>} */
  finished = new Set();
  lacksEnd = false;
}

/**
 * Parse the segments of a JPEG file. Bytes between two segments are skipped, as libjpeg does.
 *
 * @param {Bytes} data
 * @returns {Container}
 * @throws {import("../domain/errors.js").UploadRefused} it is not complete, damaged, of another kind, too small or too large
 */
export function parseJpeg(data) {
  const state = new State();
  let position = 2;
  while (!state.lacksEnd) {
    const start = findMarker(data, position);
    const marker = data[start - 1];
    if (marker === END) break;
    let end = start + readLength(data, start);
    readSegment(state, marker, data.subarray(start + 2, end));
    if (marker === SCAN) end = findScanEnd(state, data, end);
    if (isFrame(marker) || marker === SCAN || TABLES.includes(marker) || KEPT_APPLICATIONS.includes(marker)) {
      state.kept.push(data.subarray(start - 2, end));
    }
    position = end;
  }
  if (state.scans === 0) throw refuseCorrupt(NAME, "it holds no picture");
  return makeContainer(state);
}

/** @param {State} state @returns {Container} */
function makeContainer(state) {
  const parts = [...state.profileParts].sort(([a], [b]) => a - b).map(([, part]) => part);
  return {
    type: "image/jpeg",
    width: state.width,
    height: state.height,
    parts: state.lacksEnd ? state.kept : [...state.kept, Uint8Array.of(0xff, END)],
    orientation: state.orientation ?? 1,
    profile: parts.length === 0 ? null : join(parts),
    isGrey: state.components === 1,
    um: state.um,
    lacksEnd: state.lacksEnd,
  };
}

/** @param {Uint8Array[]} parts */
function join(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Return where the next segment begins behind its marker; restart marks are left over from a scan. @param {Bytes} data @param {number} position */
function findMarker(data, position) {
  const start = findMark(data, position);
  if (start < 0) throw refuseTruncated(NAME);
  return start + 2;
}

/** Return where the next marker stands, restart marks left out; -1 where there is none. @param {Bytes} data @param {number} position */
function findMark(data, position) {
  for (let at = data.indexOf(0xff, position); at >= 0 && at + 1 < data.length; at = data.indexOf(0xff, at + 1)) {
    const code = data[at + 1];
    if (code !== 0 && code !== 0xff && !isRestart(code)) return at;
  }
  return -1;
}

/** @param {Bytes} data @param {number} position */
function readLength(data, position) {
  const length = position + 2 > data.length ? 0 : readShort(data, position);
  if (position + Math.max(length, 2) > data.length) throw refuseTruncated(NAME);
  if (length < 2) throw refuseCorrupt(NAME, `an impossible length at byte ${position}`);
  return length;
}

/** Return where a scan ends: at the next marker, or at the end of a file whose last scan this is. @param {State} state @param {Bytes} data @param {number} position */
function findScanEnd(state, data, position) {
  const end = findMark(data, position);
  if (end >= 0) return end;
  if (state.finished.size < 64 * state.components) throw refuseTruncated(NAME);
  state.lacksEnd = true;
  return Math.max(position, findDataEnd(data));
}

/** Return where the data of a file without an end marker end: space that was reserved and not written is zero. @param {Bytes} data */
function findDataEnd(data) {
  const end = lengthWithout(data, 0);
  if (data.length - end <= RESERVED_BYTES) return lengthWithout(data, 0xff);
  return data[end - 1] === 0xff ? end + 1 : end;
}

/** Return the length without a value at the end. @param {Bytes} data @param {number} value */
function lengthWithout(data, value) {
  let length = data.length;
  while (length > 0 && data[length - 1] === value) length--;
  return length;
}

/** @param {number} code */
function isRestart(code) {
  return code >= 0xd0 && code <= 0xd7;
}

/** @param {number} marker */
function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** @param {State} state @param {number} marker @param {Bytes} body */
function readSegment(state, marker, body) {
  if (isFrame(marker)) readFrame(state, marker, body);
  else if (marker === SCAN) readScanHeader(state, body);
  else if (marker >= 0xe0 && marker <= 0xef) readApplication(state, marker, body);
  else if (marker === 0xf7) throw refuseVariant(NAME, "JPEG-LS");
  else if (!TABLES.includes(marker) && marker !== 0xfe) {
    throw refuseCorrupt(NAME, `the unknown mark 0x${marker.toString(16)}`);
  }
}

/** @param {State} state @param {number} marker @param {Bytes} body */
function readFrame(state, marker, body) {
  state.frames++;
  if (body.length < 6 || state.frames > 1) throw refuseCorrupt(NAME, `frame header ${state.frames} of ${body.length} bytes`);
  const [precision, , , , , components] = body;
  Object.assign(state, { height: readShort(body, 1), width: readShort(body, 3), components });
  checkSize(state.width, state.height);
  if (!FRAMES_READ.includes(marker) || precision !== 8) {
    throw refuseVariant(NAME, `coding process ${marker - 0xc0} with ${precision} bits`);
  }
  if (components === 4) throw refuseVariant(NAME, "four colours, as for printing");
  if (components !== 1 && components !== 3) throw refuseCorrupt(NAME, `${components} colour components`);
}

/** Note the coefficients that are complete after a scan; a sequential scan completes all of its components. @param {State} state @param {Bytes} body */
function readScanHeader(state, body) {
  state.scans++;
  if (state.frames === 0 || state.scans > MOST_SCANS) {
    throw refuseCorrupt(NAME, `scan ${state.scans} of ${state.frames} frames`);
  }
  const number = body[0] ?? 0;
  if (body.length < 4 + 2 * number) throw refuseCorrupt(NAME, `a scan header of ${body.length} bytes`);
  const [first, last, precision] = body.subarray(1 + 2 * number);
  if ((precision & 0x0f) !== 0) return; // the lowest bit is not sent yet
  for (let component = 0; component < number; component++) {
    for (let place = first; place <= Math.min(last, 63); place++) state.finished.add(64 * body[1 + 2 * component] + place);
  }
}

/** @param {State} state @param {number} marker @param {Bytes} body */
function readApplication(state, marker, body) {
  if (marker === 0xe1 && hasText(body, "Exif\0")) {
    state.orientation ??= readOrientation(body.subarray(6));
    state.um ??= readExifResolution(body.subarray(6));
  } else if (marker === 0xe0 && hasText(body, "JFIF\0") && body.length >= 12 && (body[7] === 1 || body[7] === 2)) {
    state.um ??= resolveDensity(readShort(body, 8), readShort(body, 10), UM_OF_DENSITY[body[7]]);
  } else if (marker === 0xe2 && hasText(body, "ICC_PROFILE\0") && body.length > 14) {
    if (!state.profileParts.has(body[12])) state.profileParts.set(body[12], body.subarray(14));
  }
}
