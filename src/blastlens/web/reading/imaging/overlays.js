/** Overlays of camera programs: scale bars, text, rulers and crosshairs (imaging/overlays.py). */

import {
  bitwiseAnd,
  convertScaleAbs,
  countNonZero,
  inRange,
  max,
  min,
  subtract,
  sumColumns,
  sumRows,
} from "../opencv/arithmetic.js";
import { blackHat, close, open, rectangle, topHat } from "../opencv/morphology.js";
import { connectedComponents } from "../opencv/components.js";
import { findContours } from "../opencv/contours.js";
import { boundingRect } from "../opencv/geometry.js";
import { cut, sample, takeChannel } from "../raster.js";
import { roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {{left: number, top: number, width: number, height: number}} Box */

/**
 * @typedef {object} Overlay something drawn over a field
 * @property {{start: number, stop: number}} rows of the thumbnail; the last may lie outside of it
 * @property {{start: number, stop: number}} columns likewise
 * @property {"scale_bar" | "text" | "lines"} kind
 */

/**
 * @typedef {object} Ink strokes of one colour
 * @property {Raster} strokes 255 where there is a thin stroke
 * @property {Raster} core 255 where the colour has its full strength
 * @property {number} leastStrokes of a group, where it has no bar
 */

const DARK_CONTRAST = 0.22; // of the brightness of glass
const DARKEST_STROKE = 0.62;
const DARKEST_CORE = 0.4;
const GREATEST_CHROMA = 45;
const COLOUR_CONTRAST = 45;
const WHITE = 244;
const WHITE_CONTRAST = 30;
const MOST_INK = 0.03; // of the image; what has more of a colour shows it itself
const LEAST_UNIT = 0.7;
const LEAST_INK = 6; // pixels
const LEAST_CORE = 3;
const LEAST_STROKES = 3;
const FEW_STROKES = 2;
const LEAST_BAR = 9;
const MARGIN = 2;
const GAP = { height: 3, width: 9 }; // in pixels of an image of REFERENCE_SIDE, as all lengths here
const LARGEST = { height: 40, width: 110 };
const LEAST_WIDTH = 7;
const LEAST_DENSITY = 0.06; // of ink in its box
const RIM = 0.12; // of the shorter side: overlays lie near a border
const LINE = 0.3; // of a side: a straight line this long is a ruler or a crosshair
const REFERENCE_SIDE = 224;

/**
 * Find what camera programs drew into a thumbnail.
 *
 * Strokes are thin, and black, white, or of a colour that no stain has. A group of them is a scale bar or text where it
 * lies near a border, and a line where it is straight and long. Thick arrows and ink of pens are not found.
 *
 * @param {Raster} thumbnail RGB
 * @returns {Overlay[]}
 */
export function findOverlays(thumbnail) {
  const unit = Math.max(thumbnail.width, thumbnail.height) / REFERENCE_SIDE;
  /** @type {Overlay[]} */
  const found = [];
  if (unit < LEAST_UNIT) return found;
  for (const ink of findInks(thumbnail, unit)) found.push(...findLines(ink.strokes, unit), ...findGroups(ink, unit));
  return found;
}

/**
 * Yield the ink of each colour that has any.
 *
 * @param {Raster} thumbnail
 * @param {number} unit
 * @returns {Generator<Ink>}
 */
function* findInks(thumbnail, unit) {
  const [red, green, blue] = [0, 1, 2].map((channel) => takeChannel(thumbnail, channel));
  const [greatest, least] = [max(max(red, green), blue), min(min(red, green), blue)];
  const side = 2 * Math.max(2, roundHalfEven(2.5 * unit)) + 1;
  const kernel = rectangle(side, side);
  const bright = measureBrightness(greatest);
  const grey = inRange(subtract(greatest, least), 0, GREATEST_CHROMA);
  const black = bitwiseAnd(grey, inRange(greatest, 0, Math.trunc(DARKEST_CORE * bright)));
  if (isInk(black)) {
    const dark = bitwiseAnd(grey, inRange(greatest, 0, Math.trunc(DARKEST_STROKE * bright)));
    const deeper = inRange(blackHat(greatest, kernel), Math.trunc(DARK_CONTRAST * bright), 255);
    yield* accept(bitwiseAnd(dark, deeper), black, LEAST_STROKES);
  }
  for (const { colour, strength, leastStrokes } of separateColours(red, green, blue)) {
    const core = inRange(colour, strength, 255);
    if (isInk(core)) yield* accept(inRange(topHat(colour, kernel), COLOUR_CONTRAST, 255), core, leastStrokes);
  }
  const white = inRange(least, WHITE, 255);
  if (isInk(white) && countNonZero(white) < MOST_INK * white.data.length) {
    const strokes = inRange(topHat(least, kernel), WHITE_CONTRAST, 255);
    yield* accept(bitwiseAnd(white, strokes), white, LEAST_STROKES);
  }
}

/** Return the brightness of glass: nine tenths of the image are not brighter. @param {Raster} greatest */
function measureBrightness(greatest) {
  const values = sample(greatest, 8).data.sort();
  return values[values.length - 1 - Math.trunc(0.1 * (values.length - 1))];
}

/**
 * Yield how red, green, yellow and blue each pixel is.
 *
 * With each, from where on hardly any stain is as strong, and how many strokes a group must have: no cell has thin
 * strokes of pure red or green.
 *
 * @param {Raster} red
 * @param {Raster} green
 * @param {Raster} blue
 * @returns {Generator<{colour: Raster, strength: number, leastStrokes: number}>}
 */
function* separateColours(red, green, blue) {
  yield { colour: subtract(red, max(green, blue)), strength: 60, leastStrokes: FEW_STROKES };
  yield { colour: subtract(green, max(red, blue)), strength: 60, leastStrokes: FEW_STROKES };
  yield { colour: subtract(min(red, green), blue), strength: 80, leastStrokes: LEAST_STROKES };
  // Blue ink is at least as green as red; stained nuclei are less green.
  const greener = convertScaleAbs(subtract(green, red), 2, 40);
  yield { colour: min(subtract(blue, red), greener), strength: 100, leastStrokes: LEAST_STROKES };
}

/** @param {Raster} ink */
function isInk(ink) {
  return countNonZero(ink) >= LEAST_CORE;
}

/**
 * @param {Raster} strokes
 * @param {Raster} core
 * @param {number} leastStrokes
 * @returns {Generator<Ink>}
 */
function* accept(strokes, core, leastStrokes) {
  const count = countNonZero(strokes);
  if (LEAST_INK <= count && count <= MOST_INK * strokes.data.length) yield { strokes, core, leastStrokes };
}

/**
 * Return long straight lines along the rows and columns.
 *
 * @param {Raster} strokes
 * @param {number} unit
 * @returns {Overlay[]}
 */
function findLines(strokes, unit) {
  const margin = roundHalfEven(MARGIN * unit);
  const [across, down] = [strokes.width, strokes.height].map((side) => Math.max(3, roundHalfEven(LINE * side)));
  const kernels = [];
  if (sumRows(strokes).some((sum) => sum >= 255 * across)) kernels.push(rectangle(across, 1));
  if (sumColumns(strokes).some((sum) => sum >= 255 * down)) kernels.push(rectangle(1, down));
  return kernels.flatMap((kernel) =>
    measureParts(open(strokes, kernel)).map((part) => makeOverlay(part, margin, "lines")),
  );
}

/**
 * Return scale bars and texts: groups of several strokes, or a bar.
 *
 * @param {Ink} ink
 * @param {number} unit
 * @returns {Overlay[]}
 */
function findGroups(ink, unit) {
  const [gapWidth, gapHeight] = [GAP.width, GAP.height].map((length) => Math.max(1, roundHalfEven(length * unit)));
  const parts = measureParts(close(ink.strokes, rectangle(gapWidth, gapHeight)));
  return parts.filter((part) => isSmall(part, ink.strokes, unit)).flatMap((part) => describeGroup(part, ink, unit));
}

/** Check whether a part has the size and the place of a text. @param {Box} part @param {Raster} image @param {number} unit */
function isSmall({ left, top, width, height }, image, unit) {
  const distance = Math.min(left, top, image.width - left - width, image.height - top - height);
  const isWide = width >= Math.max(LEAST_WIDTH * unit, height);
  const isLarge = height > LARGEST.height * unit || width > LARGEST.width * unit;
  return isWide && !isLarge && distance <= RIM * Math.min(image.height, image.width);
}

/**
 * Return a group as an overlay; none where it has too little ink.
 *
 * @param {Box} part
 * @param {Ink} ink
 * @param {number} unit
 * @returns {Overlay[]}
 */
function describeGroup(part, ink, unit) {
  const { left, top, width, height } = part;
  const inside = cut(ink.strokes, left, top, width, height);
  const longest = Math.max(...sumRows(inside)) / 255;
  const isBar = longest >= Math.max(0.5 * width, LEAST_BAR * unit);
  if (!isInk(cut(ink.core, left, top, width, height))) return [];
  if (countNonZero(inside) < Math.max(LEAST_INK, LEAST_DENSITY * width * height)) return [];
  if (!isBar && connectedComponents(inside, 8).count <= ink.leastStrokes) return [];
  const image = ink.strokes;
  const isBelow = top > image.height / 2 && (left < 0.3 * image.width || left + width > 0.7 * image.width);
  return [makeOverlay(part, roundHalfEven(MARGIN * unit), isBar || isBelow ? "scale_bar" : "text")];
}

/** Return the box of each connected part. @param {Raster} ink @returns {Box[]} */
function measureParts(ink) {
  return findContours(ink, "external", "simple").map((contour) => boundingRect(contour.points));
}

/** @param {Box} part @param {number} margin @param {Overlay["kind"]} kind @returns {Overlay} */
function makeOverlay({ left, top, width, height }, margin, kind) {
  const widen = (/** @type {number} */ start, /** @type {number} */ length) => ({
    start: Math.max(0, start - margin),
    stop: start + length + margin,
  });
  return { rows: widen(top, height), columns: widen(left, width), kind };
}
