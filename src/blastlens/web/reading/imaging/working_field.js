/** Working field: the usable area of an upload at the scale of the models (imaging/working_field.py). */

import { inRange, integral } from "../opencv/arithmetic.js";
import { toHsv } from "../opencv/colour.js";
import { resize, resizeTwice } from "../opencv/resize.js";
import { copy, release } from "../raster.js";
import { cutUnlessWhole, isAll } from "./crops.js";
import { roundHalfEven } from "./numbers.js";
import { normaliseColour } from "./stain.js";
import { HOME_PIXEL_SIZE_UM, makeThumbnail } from "./thumbnail.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("./usable_area.js").UsableArea} UsableArea */
/** @typedef {{left: number, top: number, width: number, height: number}} Part */

/** Fields with sides of at most so many pixels are read as they are: resampling would change the training images. */
export const LARGEST_AS_TAKEN = 448;

/** Pixels of a working field. Of a larger one, the part with the most stained pixels is read. */
export const MOST_PIXELS = 8_000_000;

const STAIN = { low: [119, 45, 0], high: [165, 255, 255] };
const SAME_SCALE = 0.03;

/** The part of an upload that is read, as taken, at a working scale. */
export class WorkingField {
  /**
   * @param {Raster} image RGB; outside of the field it has the colour of the background
   * @param {Raster | null} usable the usable area, without scale bars and text; null where all is
   * @param {number} um micrometres in a pixel of `image`
   * @param {Part} part in pixels of the upload
   * @param {boolean} isPart whether the usable area is larger than what is read
   */
  constructor(image, usable, um, part, isPart) {
    this.image = image;
    this.usable = usable;
    this.um = um;
    this.left = part.left;
    this.top = part.top;
    this.width = part.width;
    this.height = part.height;
    this.isPart = isPart;
  }

  /**
   * Return points in pixels of the upload.
   *
   * @param {ArrayLike<number>} points x and y of each, in pixels of `image` enlarged by `zoom`
   * @param {number} [zoom] pixels of the points' image in a pixel of `image`
   * @returns {Float64Array}
   */
  toUpload(points, zoom = 1) {
    const across = this.width / this.image.width;
    const down = this.height / this.image.height;
    return Float64Array.from(points, (value, place) =>
      place % 2 === 0 ? (value / zoom) * across + this.left : (value / zoom) * down + this.top,
    );
  }
}

/**
 * Return the usable area of an upload at the working scale.
 *
 * @param {Raster} image RGB, the upload; not changed, but the field may share its pixels
 * @param {UsableArea} area its usable area
 * @param {number} um micrometres in a pixel of the upload
 */
export function makeWorkingField(image, area, um) {
  const { rows, columns } = area.findBox(image.height, image.width);
  const [tall, wide] = [rows.stop - rows.start, columns.stop - columns.start];
  const whole = cutUnlessWhole(image, columns.start, rows.start, wide, tall);
  const inner = area.inner();
  const zoom = chooseZoom(whole, um);
  const part = choosePart(whole, Math.sqrt(MOST_PIXELS / (tall * wide)) / zoom);
  const view = cutUnlessWhole(whole, part.left, part.top, part.width, part.height);
  const [width, height] = [view.width, view.height].map((side) => Math.max(1, roundHalfEven(side * zoom)));
  let resized = zoom === 1 ? view : resize(view, width, height, zoom < 1 ? "area" : "linear");
  let usable = null;
  if (!isAll(inner.mask)) {
    usable = resizeTwice(inner.mask, { width: wide, height: tall }, part, width, height);
    if (!area.isWhole) resized = paintOutside(resized === image ? copy(resized) : resized, usable, inner.background);
  }
  for (const copied of [whole, view]) if (copied !== image && copied !== resized) release(copied);
  const place = { ...part, left: columns.start + part.left, top: rows.start + part.top };
  return new WorkingField(resized, usable, um / zoom, place, part.height !== tall || part.width !== wide);
}

/**
 * Return an image of `um` micrometres in a pixel at the home scale, and its zoom; itself where it is near enough.
 *
 * @param {Raster} image uint8
 * @param {number} um
 * @returns {{image: Raster, zoom: number}}
 */
export function resample(image, um) {
  const zoom = um / HOME_PIXEL_SIZE_UM;
  if (Math.abs(zoom - 1) <= SAME_SCALE) return { image, zoom: 1 };
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, roundHalfEven(side * zoom)));
  return { image: resize(image, width, height, zoom < 1 ? "area" : "linear"), zoom };
}

/** @param {Raster} view @param {number} um */
function chooseZoom(view, um) {
  const zoom = um / HOME_PIXEL_SIZE_UM;
  return Math.max(view.width, view.height) <= LARGEST_AS_TAKEN || Math.abs(zoom - 1) <= SAME_SCALE ? 1 : zoom;
}

/**
 * Return the part with the most stained pixels; its sides are a share of the field's.
 *
 * @param {Raster} view
 * @param {number} share
 * @returns {Part}
 */
function choosePart(view, share) {
  const { width, height } = view;
  if (share >= 1) return { left: 0, top: 0, width, height };
  const hsv = toHsv(normaliseColour(makeThumbnail(view)));
  const { row, column } = findMostStained(inRange(hsv, STAIN.low, STAIN.high), share);
  const [top, left] = [Math.trunc((row / hsv.height) * height), Math.trunc((column / hsv.width) * width)];
  const [tall, wide] = [Math.trunc(share * height), Math.trunc(share * width)];
  return { left, top, width: Math.min(wide, width - left), height: Math.min(tall, height - top) };
}

/** Return the first row and column of the part of a mask with the most pixels. @param {Raster} stained @param {number} share */
function findMostStained(stained, share) {
  const [wide, tall] = [stained.width, stained.height].map((side) => Math.max(1, roundHalfEven(share * side)));
  const { width, height, data } = integral(stained);
  let best = { row: 0, column: 0, sum: -1 };
  for (let row = 0; row + tall < height; row++) {
    for (let column = 0; column + wide < width; column++) {
      const [upper, lower] = [row * width + column, (row + tall) * width + column];
      const sum = data[lower + wide] - data[upper + wide] - data[lower] + data[upper];
      if (sum > best.sum) best = { row, column, sum };
    }
  }
  return best;
}

/** Paint an image with a colour where a mask is 0. @param {Raster} image changed @param {Raster} mask @param {number[]} colour */
function paintOutside(image, mask, colour) {
  for (let pixel = 0; pixel < mask.data.length; pixel++) if (mask.data[pixel] === 0) image.data.set(colour, 3 * pixel);
  return image;
}
