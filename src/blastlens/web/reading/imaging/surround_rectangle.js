/** Rectangle of a field with straight edges (imaging/surround.py). */

import { Raster, createRaster, cut } from "../raster.js";
import { LEAST_CONTACT, LEAST_FIELD, LEAST_SURROUND, MOST_OUTSIDE, NEAR, measureShare } from "./surround_limits.js";

/** @typedef {import("./surround.js").Surround} Surround */
/** @typedef {{start: number, stop: number}} Range rows or columns */

/** Of the width of cells three rows further in; a disc has 0.58. */
const STEADY = 0.75;

/**
 * Find the rectangle of a field with straight edges.
 *
 * One edge along which the content begins at once shows that there is a border. The others are where the content ends:
 * a field may have few cells along an edge, and glass as white as the border.
 *
 * @param {Raster} content
 * @returns {Surround | null}
 */
export function findRectangle(content) {
  const { width, height } = content;
  let columns = findExtent(content, "columns");
  let rows = findStraightEdges(cut(content, columns.start, 0, columns.stop - columns.start, height));
  columns = findStraightEdges(transpose(cut(content, 0, rows.start, width, rows.stop - rows.start)));
  rows = findStraightEdges(cut(content, columns.start, 0, columns.stop - columns.start, height));
  if (measureRectangle(rows, columns, content) > 1 - LEAST_SURROUND) return null;
  const part = cut(content, columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start);
  const within = fillRectangle(rows, columns, content);
  if (part.data.some((value) => value !== 0)) {
    for (let place = 0; place < within.data.length; place++) within.data[place] &= content.data[place];
    rows = trim(findExtent(within, "rows"), height);
    columns = trim(findExtent(within, "columns"), width);
  } else {
    [rows, columns] = [trim({ start: 0, stop: height }, height), trim({ start: 0, stop: width }, width)];
  }
  const inside = fillRectangle(rows, columns, content);
  return measureShare(inside) >= LEAST_FIELD ? { inside, isRound: false } : null;
}

/** @param {Range} rows @param {Range} columns @param {Raster} image @returns {number} its share of the image */
function measureRectangle(rows, columns, { width, height }) {
  return ((rows.stop - rows.start) * (columns.stop - columns.start)) / (width * height);
}

/** @param {Range} rows @param {Range} columns @param {Raster} like @returns {Raster} mask of a rectangle */
function fillRectangle(rows, columns, { width, height }) {
  const mask = createRaster(width, height);
  for (let row = rows.start; row < rows.stop; row++) {
    mask.data.fill(1, row * width + columns.start, row * width + columns.stop);
  }
  return mask;
}

/** Return a range without its ends that are mixed with a border. @param {Range} range @param {number} side */
function trim({ start, stop }, side) {
  const first = start + (start > 0 ? 1 : 0);
  return { start: first, stop: Math.max(stop - (stop < side ? 1 : 0), start + 1) };
}

/**
 * Return the rows or columns from the first to the last with content; all without any.
 *
 * @param {Raster} content
 * @param {"rows" | "columns"} axis
 * @returns {Range}
 */
function findExtent({ width, height, data }, axis) {
  const side = axis === "rows" ? height : width;
  let [first, last] = [side, -1];
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      if (data[at] === 0) continue;
      const place = axis === "rows" ? row : column;
      if (place < first) first = place;
      if (place > last) last = place;
    }
  }
  return last < 0 ? { start: 0, stop: side } : { start: first, stop: last + 1 };
}

/** Return the rows between an upper and a lower edge; all rows where there are none. @param {Raster} content */
function findStraightEdges(content) {
  const first = findStraightEdge(content);
  const last = content.height - findStraightEdge(flip(content));
  return last - first >= 2 * NEAR ? { start: first, stop: last } : { start: 0, stop: content.height };
}

/**
 * Return the first row of the content where it begins along the whole edge at once; 0 elsewhere.
 *
 * A cell below empty glass begins as well, but becomes wider from row to row; at a border it is cut through.
 *
 * @param {Raster} content
 * @returns {number}
 */
function findStraightEdge(content) {
  const shares = measureRows(content);
  const first = shares.slice(0, shares.length - 2 * NEAR).findIndex((share) => share > LEAST_CONTACT / 2);
  if (first <= 0) return 0;
  const text = Math.max(meanOf(shares.slice(0, first)), meanOf(shares.slice(Math.max(0, first - NEAR), first)));
  const isCut = shares[first + 1] >= STEADY * shares[first + 1 + NEAR];
  return measureUnion(content, first) >= LEAST_CONTACT && text <= MOST_OUTSIDE && isCut ? first : 0;
}

/** @param {Raster} content @returns {number[]} the share of content of each row */
function measureRows({ width, height, data }) {
  return Array.from({ length: height }, (_, row) => {
    let count = 0;
    for (let at = row * width; at < (row + 1) * width; at++) if (data[at] !== 0) count++;
    return count / width;
  });
}

/** @param {Raster} content @param {number} first @returns {number} share of the columns with content in the next rows */
function measureUnion({ width, height, data }, first) {
  let count = 0;
  const last = Math.min(first + NEAR, height);
  for (let column = 0; column < width; column++) {
    let any = 0;
    for (let row = first; row < last; row++) any |= data[row * width + column];
    if (any !== 0) count++;
  }
  return count / width;
}

/** @param {number[]} values */
function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Return a mask with rows for columns. @param {Raster} mask @returns {Raster} */
function transpose({ width, height, data }) {
  const turned = new Uint8Array(width * height);
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) turned[column * height + row] = data[at];
  }
  return new Raster(height, width, 1, turned);
}

/** Return a mask upside down. @param {Raster} mask @returns {Raster} */
function flip({ width, height, data }) {
  const turned = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    turned.set(data.subarray(row * width, (row + 1) * width), (height - 1 - row) * width);
  }
  return new Raster(width, height, 1, turned);
}
