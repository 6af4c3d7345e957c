/** Pixels of bitmaps, read through a canvas tile by tile. */

import { releaseBuffer } from "../raster.js";

/** @typedef {import("../raster.js").Raster} Raster */

/** The browser changes the pixels that a page reads from a canvas, so that nobody can be recognised by them. */
export class PixelsChanged extends Error {
  constructor() {
    super("This browser changes the pixels of images that a page reads: allow it to read them, or use another browser.");
    this.name = "PixelsChanged";
  }
}

/** Pixels along the sides of a tile: whole canvases of large photographs take four bytes a pixel, and phones limit them. */
const [TILE_WIDTH, TILE_HEIGHT] = [4096, 256];
const CHECKED_SIDE = 64;

let isChecked = false;

/**
 * Check once that a canvas returns what was drawn on it.
 *
 * @throws {PixelsChanged} it does not
 */
export function checkReadBack() {
  if (isChecked) return;
  const context = open(CHECKED_SIDE, CHECKED_SIDE);
  const drawn = new ImageData(CHECKED_SIDE, CHECKED_SIDE);
  for (let place = 0; place < drawn.data.length; place++) drawn.data[place] = place % 4 === 3 ? 255 : (place * 7919) % 251;
  context.putImageData(drawn, 0, 0);
  const found = context.getImageData(0, 0, CHECKED_SIDE, CHECKED_SIDE).data;
  if (found.some((value, place) => value !== drawn.data[place])) throw new PixelsChanged();
  isChecked = true;
}

/**
 * Copy the pixels of a bitmap into a raster; transparent ones become white: an empty bright field is white.
 *
 * @param {ImageBitmap} bitmap
 * @param {number} orientation of EXIF, 1 to 8, by which the raster is turned upright
 * @param {Raster} raster RGB, with the sides of the bitmap, exchanged from orientation 5 on
 */
export function copyPixels(bitmap, orientation, raster) {
  const { width, height } = bitmap;
  const { start, right, down } = findSteps(orientation, width, height);
  const context = open(Math.min(width, TILE_WIDTH), Math.min(height, TILE_HEIGHT));
  for (let top = 0; top < height; top += TILE_HEIGHT) {
    for (let left = 0; left < width; left += TILE_WIDTH) {
      const [wide, high] = [Math.min(TILE_WIDTH, width - left), Math.min(TILE_HEIGHT, height - top)];
      context.fillRect(0, 0, wide, high);
      context.drawImage(bitmap, left, top, wide, high, 0, 0, wide, high);
      const { data } = context.getImageData(0, 0, wide, high);
      for (let row = 0, from = 0; row < high; row++) {
        let to = start + (top + row) * down + left * right;
        for (let column = 0; column < wide; column++, from += 4, to += right) {
          raster.data[to] = data[from];
          raster.data[to + 1] = data[from + 1];
          raster.data[to + 2] = data[from + 2];
        }
      }
      releaseBuffer(data.buffer);
    }
  }
}

/**
 * Return where the first pixel of a file lies in the upright raster, and the steps to its right and lower neighbour.
 *
 * @param {number} orientation
 * @param {number} width of the file
 * @param {number} height of the file
 */
function findSteps(orientation, width, height) {
  const isTurned = orientation >= 5;
  const line = 3 * (isTurned ? height : width);
  const isMirrored = [2, 3, 7, 8].includes(orientation); // along the rows of the file
  const isFlipped = [3, 4, 6, 7].includes(orientation);
  const [right, down] = isTurned ? [line, 3] : [3, line];
  return {
    start: (isMirrored ? (width - 1) * right : 0) + (isFlipped ? (height - 1) * down : 0),
    right: isMirrored ? -right : right,
    down: isFlipped ? -down : down,
  };
}

/** @param {number} width @param {number} height */
function open(width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true, colorSpace: "srgb" });
  if (context === null) throw new Error("This browser has no canvas in two dimensions.");
  context.fillStyle = "#fff";
  context.imageSmoothingEnabled = false;
  return context;
}
