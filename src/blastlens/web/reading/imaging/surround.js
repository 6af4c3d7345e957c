/** Surround of a field: eyepiece vignettes, borders and letterboxes (imaging/surround.py). */

import { copyMakeBorder, inRange } from "../opencv/arithmetic.js";
import { BOX_LENGTH, connectedComponents } from "../opencv/components.js";
import { findContours } from "../opencv/contours.js";
import { distanceTransform } from "../opencv/distance_transform.js";
import { fillConvexPoly } from "../opencv/drawing.js";
import { floodFill } from "../opencv/flood_fill.js";
import { convexHull } from "../opencv/geometry.js";
import { open, rectangle } from "../opencv/morphology.js";
import { createRaster, cut } from "../raster.js";
import { quantileOfCounts, roundHalfEven } from "./numbers.js";
import { findCircle } from "./surround_circle.js";
import { findDarkLimit, findEvenColours, sampleCorners, sampleSides } from "./surround_colours.js";
import { measureContact } from "./surround_contact.js";
import { LEAST_FIELD, LEAST_SURROUND, SURE_CONTACT, TOLERANCE, measureShare } from "./surround_limits.js";
import { findRectangle } from "./surround_rectangle.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * @typedef {object} Surround
 * @property {Raster} inside mask, 1 in the field
 * @property {boolean} isRound whether the field is a circle, as through an eyepiece
 */

const PLATEAU = 0.8;
const LONGEST_SOFT_EDGE = 0.12;

/**
 * Find the surround of the field in a thumbnail.
 *
 * Empty glass is not a surround: where the field begins at an edge, it begins along the whole of it at once.
 *
 * @param {Raster} thumbnail RGB
 * @returns {Surround | null} null where the field fills the image
 */
export function findSurround(thumbnail) {
  for (const { likeSurround, isDark } of findCandidates(thumbnail)) {
    const content = removeOutside(likeSurround, isDark);
    const share = measureShare(content);
    if (share < LEAST_FIELD || share > 1 - LEAST_SURROUND) continue;
    const found = findCircle(content, isDark) ?? findRectangle(content) ?? (isDark ? findOtherShape(content) : null);
    if (found !== null) return isDark ? trimSoftEdge(thumbnail, found) : found;
  }
  return null;
}

/**
 * Yield masks with 255 where a pixel looks like the surround, and whether that is a dark one.
 *
 * @param {Raster} thumbnail
 * @returns {Generator<{likeSurround: Raster, isDark: boolean}>}
 */
function* findCandidates(thumbnail) {
  const [corners, sides] = [sampleCorners(thumbnail), sampleSides(thumbnail)];
  const limit = findDarkLimit(thumbnail, corners, sides);
  if (limit > 0) yield { likeSurround: inRange(thumbnail, 0, limit), isDark: true };
  for (const colour of findEvenColours(corners, sides)) {
    const low = colour.map((value) => Math.max(value - TOLERANCE, 0));
    const high = colour.map((value) => Math.min(value + TOLERANCE, 255));
    yield { likeSurround: inRange(thumbnail, low, high), isDark: false };
  }
}

/**
 * Return what is not connected with the image's border by surround, without specks and text.
 *
 * @param {Raster} likeSurround
 * @param {boolean} isDark
 * @returns {Raster} mask of 0 and 1
 */
function removeOutside(likeSurround, isDark) {
  const { width, height } = likeSurround;
  const padded = copyMakeBorder(likeSurround, 1, 255);
  floodFill(padded, 0, 0, 128);
  const content = cut(padded, 1, 1, width, height);
  for (let place = 0; place < content.data.length; place++) content.data[place] = content.data[place] !== 128 ? 1 : 0;
  const opened = open(content, rectangle(3, 3));
  return isDark ? keepLargest(opened) : opened;
}

/** Return the largest part of a mask. @param {Raster} content @returns {Raster} */
function keepLargest(content) {
  const { count, labels, boxes } = connectedComponents(content, 4);
  if (count <= 2) return content;
  const area = (/** @type {number} */ label) => boxes[label * BOX_LENGTH + 4];
  let largest = 1;
  for (let label = 2; label < count; label++) if (area(label) > area(largest)) largest = label;
  const kept = createRaster(content.width, content.height);
  for (let place = 0; place < kept.data.length; place++) kept.data[place] = labels.data[place] === largest ? 1 : 0;
  return kept;
}

/**
 * Return the hull of the content, where a dark surround has neither straight edges nor a round one.
 *
 * @param {Raster} content
 * @returns {Surround | null}
 */
function findOtherShape(content) {
  const contours = findContours(content, "external", "simple");
  const points = new Int32Array(contours.reduce((length, contour) => length + contour.points.length, 0));
  let start = 0;
  for (const contour of contours) {
    points.set(contour.points, start);
    start += contour.points.length;
  }
  const inside = createRaster(content.width, content.height);
  fillConvexPoly(inside, convexHull(points), 1);
  const isSurround = 1 - measureShare(inside) >= 5 * LEAST_SURROUND && measureContact(content, inside) >= SURE_CONTACT;
  return isSurround ? { inside, isRound: false } : null;
}

/**
 * Remove the edge of the field in which the light rises from dark to the field's brightness.
 *
 * @param {Raster} thumbnail
 * @param {Surround} surround
 * @returns {Surround}
 */
function trimSoftEdge(thumbnail, { inside, isRound }) {
  const { width, height } = inside;
  const padded = distanceTransform(copyMakeBorder(inside, 1, "replicate"), 3);
  const depths = cut(padded, 1, 1, width, height).data;
  const longest = Math.max(2, roundHalfEven(LONGEST_SOFT_EDGE * Math.min(width, height)));
  const counts = countByDepth(thumbnail, depths, longest);
  const isEmpty = (/** @type {Int32Array} */ each) => each.every((count) => count === 0);
  const plateau = isEmpty(counts[longest + 1]) ? 0 : quantileOfCounts(counts[longest + 1], 0.6);
  let depth = 1;
  while (depth < longest) {
    if (!isEmpty(counts[depth]) && quantileOfCounts(counts[depth], 0.6) >= PLATEAU * plateau) break;
    depth++;
  }
  const kept = createRaster(width, height);
  for (let place = 0; place < depths.length; place++) kept.data[place] = depths[place] > depth ? 1 : 0;
  return { inside: kept, isRound };
}

/**
 * Count the greatest channel's values in each ring of pixels with about the same depth.
 *
 * @param {Raster} thumbnail
 * @param {Float32Array} depths
 * @param {number} longest
 * @returns {Int32Array[]} 256 counts of ring 0 to `longest`, and of what is deeper
 */
function countByDepth(thumbnail, depths, longest) {
  const counts = Array.from({ length: longest + 2 }, () => new Int32Array(256));
  for (let place = 0, at = 0; place < depths.length; place++, at += 3) {
    const value = Math.max(thumbnail.data[at], thumbnail.data[at + 1], thumbnail.data[at + 2]);
    counts[Math.min(Math.ceil(depths[place]), longest + 1)][value]++;
  }
  return counts;
}
