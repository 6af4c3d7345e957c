/** Crops around proposals of white cells, the input of the cell model (imaging/cell_crops.py). */

import { fillPoly } from "../opencv/drawing.js";
import { dilate, ellipse } from "../opencv/morphology.js";
import { createRaster } from "../raster.js";
import { roundHalfEven } from "./numbers.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("./white_cells.js").Proposal} Proposal */

/** Side of a crop in pixels of 0.5 um. */
export const CROP_SIDE = 48;

/** Level of all channels outside of the image: in standardised colour the background is white. */
export const BACKGROUND = 255;

const RIM = 5;

/**
 * Cut a square around each proposal.
 *
 * @param {Raster} image RGB at the working scale, in standardised colour
 * @param {Raster | null} mask of its size, 0 where the image is not usable: those pixels become background
 * @param {Proposal[]} proposals
 * @param {number} [side] of the crops in pixels
 * @returns {Uint8Array} crop by crop and row by row: RGB, and 255 inside the proposal's own region, widened a little
 */
export function cutCrops(image, mask, proposals, side = CROP_SIDE) {
  const length = side * side * 4;
  const crops = new Uint8Array(proposals.length * length);
  const rim = ellipse(RIM);
  proposals.forEach(({ centre, outline }, index) => {
    const [left, top] = centre.map((place) => roundHalfEven(place) - (side >> 1));
    const crop = crops.subarray(index * length, (index + 1) * length);
    copyColours(image, mask, left, top, side, crop);
    const region = createRaster(side, side);
    fillPoly(region, [outline.map((value, place) => value - (place % 2 === 0 ? left : top))], 255);
    const widened = dilate(region, rim).data;
    for (let place = 0; place < widened.length; place++) crop[4 * place + 3] = widened[place];
  });
  return crops;
}

/**
 * Copy the colours of a square, which may reach over the image's edges.
 *
 * @param {Raster} image
 * @param {Raster | null} mask
 * @param {number} left
 * @param {number} top
 * @param {number} side
 * @param {Uint8Array} crop written, four values of a pixel
 */
function copyColours({ width, height, data }, mask, left, top, side, crop) {
  for (let row = 0, to = 0; row < side; row++) {
    for (let column = 0; column < side; column++, to += 4) {
      const [x, y] = [left + column, top + row];
      const isInside = x >= 0 && y >= 0 && x < width && y < height && (mask === null || mask.data[y * width + x] !== 0);
      const from = 3 * (y * width + x);
      crop[to] = isInside ? data[from] : BACKGROUND;
      crop[to + 1] = isInside ? data[from + 1] : BACKGROUND;
      crop[to + 2] = isInside ? data[from + 2] : BACKGROUND;
    }
  }
}
