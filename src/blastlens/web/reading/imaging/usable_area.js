/** Usable area of a field, without borders and overlays (imaging/usable_area.py). */

import { resize } from "../opencv/resize.js";
import { copy, createRaster } from "../raster.js";
import { cutUnlessWhole, isAll } from "./crops.js";
import { findOverlays } from "./overlays.js";
import { findSurround } from "./surround.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("./overlays.js").Overlay} Overlay */
/** @typedef {"round_vignette" | "border" | "scale_bar" | "text" | "lines"} LeftOut kinds of what is left out of a field */
/** @typedef {{start: number, stop: number}} Range rows or columns */
/** @typedef {[number, number]} Share first and last row or column, as shares of an image's height or width, 0 to 1 */
/** @typedef {{rows: Share, columns: Share}} ShareBox */

const LEAST_LEFT = 0.7; // of the area; overlays that cover more are none: a pattern, or a drawing
const STEP = 3; // of the pixels that the background is measured on
const BACKGROUND_SHARE = 0.3; // of the area: stain absorbs green, so its greenest part is plasma or glass
/** @type {ShareBox} */
const WHOLE = { rows: [0, 1], columns: [0, 1] };
const WHITE = [255, 255, 255];

/** The part of a field that is read. */
export class UsableArea {
  /**
   * @param {Raster} mask at the size of the thumbnail; 1 where the field is read
   * @param {ShareBox} [box] rows and columns around the area
   * @param {LeftOut[]} [leftOut] kinds of what was found, each once; empty where the whole image is read
   * @param {number[]} [background] RGB of plasma or glass, with which `fill` paints what is left out
   */
  constructor(mask, box = WHOLE, leftOut = [], background = WHITE) {
    this.mask = mask;
    this.box = box;
    this.leftOut = leftOut;
    this.background = background;
  }

  /** Whether the field fills the image, so that nothing but scale bars, text and lines is left out. */
  get isWhole() {
    return !this.leftOut.includes("round_vignette") && !this.leftOut.includes("border");
  }

  /**
   * Return the part of the field within the box; the raster itself where it is all of it.
   *
   * @param {Raster} image of any size
   * @returns {Raster}
   */
  crop(image) {
    const { rows, columns } = this.findBox(image.height, image.width);
    return cutUnlessWhole(image, columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start);
  }

  /**
   * Return a field, painted with the background outside of the area; itself where the whole of it is read.
   *
   * @param {Raster} image RGB of any size
   * @returns {Raster}
   */
  fill(image) {
    if (isAll(this.mask)) return image;
    const filled = copy(image);
    const mask = this.resizeMask(image.height, image.width).data;
    const [red, green, blue] = this.background;
    for (let place = 0, at = 0; place < mask.length; place++, at += 3) {
      if (mask[place] !== 0) continue;
      filled.data[at] = red;
      filled.data[at + 1] = green;
      filled.data[at + 2] = blue;
    }
    return filled;
  }

  /** Return the field within the box, painted with the background outside of the area. @param {Raster} image RGB */
  cut(image) {
    return this.inner().fill(this.crop(image));
  }

  /** Return the area of the field that `crop` returns. */
  inner() {
    return new UsableArea(this.crop(this.mask), WHOLE, this.leftOut, this.background);
  }

  /**
   * Return the box in an image.
   *
   * @param {number} height in pixels
   * @param {number} width in pixels
   * @returns {{rows: Range, columns: Range}}
   */
  findBox(height, width) {
    return { rows: findRange(this.box.rows, height), columns: findRange(this.box.columns, width) };
  }

  /**
   * Return the mask at an image's size.
   *
   * @param {number} height
   * @param {number} width
   * @returns {Raster} the mask itself where it has that size
   */
  resizeMask(height, width) {
    const isSame = this.mask.width === width && this.mask.height === height;
    return isSame ? this.mask : resize(this.mask, width, height, "nearest");
  }
}

/** @param {Share} share @param {number} side @returns {Range} */
function findRange([first, last], side) {
  const stop = Math.max(Math.trunc(side * last + 1e-6), Math.ceil(side * first) + 1);
  return { start: Math.ceil(side * first - 1e-6), stop };
}

/**
 * Find the usable area of a field in its thumbnail.
 *
 * Empty glass belongs to the field. Where nothing but a surround is found, the whole image is the area, so that the
 * quality is judged of all of it.
 *
 * @param {Raster} thumbnail RGB
 * @returns {UsableArea}
 */
export function findUsableArea(thumbnail) {
  const surround = findSurround(thumbnail);
  let area = new UsableArea(createRaster(thumbnail.width, thumbnail.height, 1, 1));
  if (surround !== null) {
    const background = measureBackground(thumbnail, surround.inside);
    const kind = surround.isRound ? "round_vignette" : "border";
    area = new UsableArea(surround.inside, findShares(surround.inside), [kind], background);
  }
  const inner = area.inner().mask;
  // What touches the edge of a vignette is its rim.
  const overlays = findOverlays(area.cut(thumbnail)).filter((overlay) => isWithin(overlay, inner));
  return overlays.length > 0 ? leaveOut(area, thumbnail, overlays) : area;
}

/** Check whether an overlay lies in a mask. @param {Overlay} overlay @param {Raster} mask */
function isWithin({ rows, columns }, { width, height, data }) {
  for (let row = rows.start; row < Math.min(rows.stop, height); row++) {
    for (let column = columns.start; column < Math.min(columns.stop, width); column++) {
      if (data[row * width + column] === 0) return false;
    }
  }
  return true;
}

/**
 * Return the area without the overlays within its box; unchanged where they cover most of it.
 *
 * @param {UsableArea} area
 * @param {Raster} thumbnail
 * @param {Overlay[]} overlays
 * @returns {UsableArea}
 */
function leaveOut(area, thumbnail, overlays) {
  const mask = copy(area.mask);
  const box = area.findBox(mask.height, mask.width);
  for (const { rows, columns } of overlays) {
    const bottom = Math.min(box.rows.start + rows.stop, box.rows.stop);
    const [left, right] = [columns.start, columns.stop].map((side) => box.columns.start + side);
    for (let row = box.rows.start + rows.start; row < bottom; row++) {
      mask.data.fill(0, row * mask.width + left, row * mask.width + Math.min(right, box.columns.stop));
    }
  }
  const count = (/** @type {Raster} */ each) => each.data.reduce((sum, value) => sum + value, 0);
  if (count(mask) < LEAST_LEFT * count(area.mask)) return area;
  const kinds = [...new Set([...area.leftOut, ...overlays.map((overlay) => overlay.kind)])];
  const background = area.leftOut.length > 0 ? area.background : measureBackground(thumbnail, mask);
  return new UsableArea(mask, area.box, kinds, background);
}

/** Return the rows and columns around a mask with at least one 1. @param {Raster} mask @returns {ShareBox} */
function findShares({ width, height, data }) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      if (data[at] === 0) continue;
      if (row < top) top = row;
      bottom = row + 1;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
    }
  }
  return { rows: [top / height, bottom / height], columns: [left / width, right / width] };
}

/**
 * Return the median colour of the lightest part of the area.
 *
 * @param {Raster} thumbnail
 * @param {Raster} mask
 * @returns {number[]} RGB
 */
function measureBackground(thumbnail, mask) {
  const few = findPlaces(mask, STEP);
  const places = few.length > 0 ? few : findPlaces(mask, 1);
  const greens = Uint8Array.from(places, (place) => thumbnail.data[3 * place + 1]).sort();
  const least = greens[Math.trunc((1 - BACKGROUND_SHARE) * (places.length - 1))];
  const light = places.filter((place) => thumbnail.data[3 * place + 1] >= least);
  return [0, 1, 2].map((channel) => {
    const values = Uint8Array.from(light, (place) => thumbnail.data[3 * place + channel]).sort();
    const middle = values.length >> 1;
    return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) >> 1;
  });
}

/** Return the places of every n-th row and column in a mask. @param {Raster} mask @param {number} step */
function findPlaces({ width, height, data }, step) {
  /** @type {number[]} */
  const places = [];
  for (let row = 0; row < height; row += step) {
    for (let at = row * width; at < (row + 1) * width; at += step) if (data[at] !== 0) places.push(at);
  }
  return places;
}
