/** Orientation and resolution that an EXIF block states (imaging/containers/tag_directory.py, resolution.py). */

import { toText } from "./container.js";

/** Range of micrometres per pixel of a microscope's image; 300 dots per inch, which programs write unmeasured, are 85. */
const PLAUSIBLE_UM = [0.02, 5];
const GREATEST_ANISOTROPY = 1.05;
const [DESCRIPTION, ORIENTATION, ACROSS, DOWN, UNIT] = [270, 274, 282, 283, 296];
const INCH = 2;
/** @type {Record<number, number>} */
const UM_OF_UNIT = { 2: 25_400, 3: 10_000 };
/** @type {Record<number, number>} */
const BYTES_OF_KIND = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 };
const [BYTE, SHORT, LONG, RATIO] = [1, 3, 4, 5];
const MOST_DESCRIPTION = 1024 ** 2;
/** @type {Record<string, number>} */
const UM_OF_OME_UNIT = { nm: 1e-3, "µm": 1, "μm": 1, um: 1, "&#181;m": 1, "&#xB5;m": 1, mm: 1e3 };
/** @type {Record<string, number>} */
const UM_OF_IMAGEJ_UNIT = { micron: 1, microns: 1, um: 1, "µm": 1, "\\u00b5m": 1, nm: 1e-3, mm: 1e3 };

/**
 * @typedef {object} Entry a tagged value
 * @property {number} kind
 * @property {number} count
 * @property {DataView} values cut short where they lie past the end of the block
 */

/** @typedef {{entries: Map<number, Entry>, isLittle: boolean}} Directory */

/**
 * Return micrometres per pixel from pixels per unit; null where that is implausible or differs by the direction.
 *
 * @param {number} across
 * @param {number} down
 * @param {number} umOfUnit
 */
export function resolveDensity(across, down, umOfUnit) {
  return across > 0 && down > 0 ? resolve(umOfUnit / across, umOfUnit / down) : null;
}

/** Return the orientation, 1 to 8, of an EXIF block; null where it is damaged or states none. @param {Uint8Array} block */
export function readOrientation(block) {
  const directory = readDirectory(block);
  const value = directory === null ? null : readNumber(directory, ORIENTATION);
  return value !== null && value >= 1 && value <= 8 ? value : null;
}

/** Return the micrometres per pixel that an EXIF block states; null where it is damaged or states none. @param {Uint8Array} block */
export function readExifResolution(block) {
  const directory = readDirectory(block);
  if (directory === null) return null;
  const values = directory.entries.get(DESCRIPTION)?.values;
  const size = Math.min(values?.byteLength ?? 0, MOST_DESCRIPTION);
  const bytes = values === undefined ? new Uint8Array() : new Uint8Array(values.buffer, values.byteOffset, size);
  if (toText(bytes).includes("PhysicalSize")) return readOme(new TextDecoder().decode(bytes));
  const [across, down] = [readRatio(directory, ACROSS), readRatio(directory, DOWN)];
  const um = readImagejUnit(bytes) ?? UM_OF_UNIT[readNumber(directory, UNIT) ?? INCH];
  return um ? resolveDensity(across, down, um) : null;
}

/** @param {number} across @param {number} down */
function resolve(across, down) {
  const [least, greatest] = PLAUSIBLE_UM;
  if (![across, down].every((um) => Number.isFinite(um) && least <= um && um <= greatest)) return null;
  return Math.max(across, down) / Math.min(across, down) <= GREATEST_ANISOTROPY ? across : null;
}

/** Return the first directory of an EXIF block; null where it is damaged. @param {Uint8Array} block @returns {Directory | null} */
function readDirectory(block) {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const order = toText(block.subarray(0, 2));
  if (order !== "II" && order !== "MM") return null;
  const isLittle = order === "II";
  try {
    if (view.getUint16(2, isLittle) !== 42) return null;
    return { entries: readEntries(view, view.getUint32(4, isLittle), isLittle), isLittle };
  } catch (error) {
    if (error instanceof RangeError) return null; // the block ends before its directory does
    throw error;
  }
}

/** @param {DataView} view @param {number} offset @param {boolean} isLittle */
function readEntries(view, offset, isLittle) {
  const count = view.getUint16(offset, isLittle);
  const end = offset + 2 + 12 * count;
  view.getUint32(end, isLittle); // a whole directory ends with the place of the next one
  /** @type {Map<number, Entry>} */
  const entries = new Map();
  for (let start = offset + 2; start < end; start += 12) {
    const [tag, kind] = [view.getUint16(start, isLittle), view.getUint16(start + 2, isLittle)];
    const length = (BYTES_OF_KIND[kind] ?? 0) * view.getUint32(start + 4, isLittle);
    if (!(kind in BYTES_OF_KIND) || entries.has(tag)) continue;
    const place = Math.min(length > 4 ? view.getUint32(start + 8, isLittle) : start + 8, view.byteLength);
    const values = new DataView(view.buffer, view.byteOffset + place, Math.min(length, view.byteLength - place));
    entries.set(tag, { kind, count: view.getUint32(start + 4, isLittle), values });
  }
  return entries;
}

/** Return the first whole number under a tag; null where there is none, NaN where it lies past the end. @param {Directory} directory @param {number} tag */
function readNumber({ entries, isLittle }, tag) {
  const entry = entries.get(tag);
  if (entry === undefined || ![BYTE, SHORT, LONG].includes(entry.kind) || entry.count === 0) return null;
  if (entry.values.byteLength < entry.count * BYTES_OF_KIND[entry.kind]) return NaN;
  if (entry.kind === BYTE) return entry.values.getUint8(0);
  return entry.kind === SHORT ? entry.values.getUint16(0, isLittle) : entry.values.getUint32(0, isLittle);
}

/** Return a fraction, or 0 where there is none. @param {Directory} directory @param {number} tag */
function readRatio({ entries, isLittle }, tag) {
  const entry = entries.get(tag);
  if (entry === undefined || entry.kind !== RATIO || entry.count !== 1 || entry.values.byteLength < 8) return 0;
  const below = entry.values.getUint32(4, isLittle);
  return below === 0 ? 0 : entry.values.getUint32(0, isLittle) / below;
}

/** Return what OME-XML states. @param {string} description */
function readOme(description) {
  const units = Object.fromEntries([...description.matchAll(/\bPhysicalSize([XY])Unit="([^"]{1,16})"/g)].map(([, axis, unit]) => [axis, unit]));
  /** @type {Record<string, number>} */
  const sizes = {};
  for (const [, axis, text] of description.matchAll(/\bPhysicalSize([XY])="([0-9.eE+-]{1,32})"/g)) {
    if (Number.isNaN(Number(text))) return null;
    sizes[axis] ??= Number(text) * (UM_OF_OME_UNIT[units[axis] ?? "µm"] ?? NaN);
  }
  return "X" in sizes ? resolve(sizes.X, sizes.Y ?? sizes.X) : null;
}

/** Return the micrometres of ImageJ's unit; pixels per unit are then in the tags of the resolution. @param {Uint8Array} bytes */
function readImagejUnit(bytes) {
  const description = new TextDecoder().decode(bytes);
  const unit = description.startsWith("ImageJ=") ? /^unit=([^\r\n]{1,16})/m.exec(description) : null;
  return unit === null ? null : (UM_OF_IMAGEJ_UNIT[unit[1].trim().toLowerCase()] ?? null);
}
