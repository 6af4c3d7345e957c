/** Proposals of white cells: stained regions, with touching nuclei split (imaging/white_cells.py). */

import { copyMakeBorder, roundHalfEven } from "../opencv/arithmetic.js";
import { BOX_LENGTH, connectedComponents } from "../opencv/components.js";
import { findContours } from "../opencv/contours.js";
import { distanceTransform } from "../opencv/distance_transform.js";
import { drawContoursFilled, fillCircle } from "../opencv/drawing.js";
import { contourArea } from "../opencv/geometry.js";
import { close, ellipse, open } from "../opencv/morphology.js";
import { findNearestRegions } from "../opencv/nearest_regions.js";
import { Raster, createRaster, cut } from "../raster.js";
import { findMaxima } from "./distance_maxima.js";
import { argsort } from "./numbers.js";
import { findStainedPixels } from "./stained_pixels.js";

/** Greatest number of proposals of a field. */
export const MOST_CELLS = 600;

const TILES = 8;
const LARGEST_RADIUS = 64.0;
const SMOOTHED = 2.6;
const SIGHT = 9;
const CORE = Math.fround(0.35);
const LARGEST_HOLE = 40.0;
const BLURRED = 3;
const SPECK = 3;
const GAP = 5;

/**
 * Thresholds of the proposals, from the manifest of the package. Lengths in pixels of 0.5 um.
 *
 * @typedef {object} ProposalSettings
 * @property {number} hue_low least hue of stained chromatin, OpenCV scale 0 to 179
 * @property {number} hue_high greatest hue of stained chromatin
 * @property {number} saturation_low least saturation that counts as stain, 0 to 255
 * @property {number} saturation_high upper limit of the adaptive saturation threshold
 * @property {number} otsu_factor the adaptive threshold is this factor times Otsu's of the purple pixels
 * @property {number} least_area regions of fewer pixels are platelets or debris
 */

/** Settings of the Python module where no package gives others; packages here always do. @type {Readonly<ProposalSettings>} */
export const PROPOSAL_SETTINGS = Object.freeze({
  hue_low: 122,
  hue_high: 165,
  saturation_low: 38,
  saturation_high: 90,
  otsu_factor: 0.8,
  least_area: 40,
});

/**
 * A region that may be the nucleus of a white cell; lengths and places in pixels of the working image.
 *
 * @typedef {object} Proposal
 * @property {[number, number]} centre x and y of the centre of mass
 * @property {[number, number, number, number]} box left, top, width and height of the rectangle around the region
 * @property {Int32Array} outline x and y of each corner of the outer contour
 * @property {number} diameter of the circle of the same area
 */

/**
 * Find regions that may be white cells, at most `MOST_CELLS`, by decreasing area.
 *
 * Stained pixels are found by thresholds in HSV. Regions that touch are split between the maxima of their smoothed
 * distance transform. When there are too many, the largest of each of 8 x 8 tiles of the field are kept.
 *
 * @param {Raster} image RGB at the working scale of 0.5 um per pixel, in standardised colour
 * @param {ProposalSettings} settings
 * @returns {Proposal[]}
 */
export function propose(image, settings) {
  const stained = findStained(image, settings);
  if (!stained.data.some(Boolean)) return [];
  const regions = connectedComponents(splitTouching(stained), 4);
  const numbers = [];
  for (let label = 1; label < regions.count; label++) {
    if (regions.boxes[BOX_LENGTH * label + 4] >= settings.least_area) numbers.push(label);
  }
  return chooseSpread(numbers, regions).map((label) => describe(regions, label));
}

/**
 * Return the stained regions of an image: specks removed, gaps closed, holes filled.
 *
 * @param {Raster} image RGB at the working scale, in standardised colour
 * @param {ProposalSettings} settings
 * @returns {Raster} 255 where stained, 0 elsewhere
 */
export function findStained(image, settings) {
  return fillHoles(closeGaps(open(findStainedPixels(image, BLURRED, settings), ellipse(SPECK))));
}

/** Close gaps; the frame keeps regions from growing along the border. @param {Raster} mask */
function closeGaps(mask) {
  const around = GAP - 1;
  const closed = close(copyMakeBorder(mask, around, 0), ellipse(GAP));
  return cut(closed, around, around, mask.width, mask.height);
}

/** Fill holes that fit into a nucleus, in place; larger ones lie between cells that touch. @param {Raster} mask */
function fillHoles(mask) {
  for (const { points, isHole } of findContours(mask, "ccomp", "simple")) {
    if (isHole && contourArea(points) <= LARGEST_HOLE) drawContoursFilled(mask, [points], 255);
  }
  return mask;
}

/**
 * Cut regions between the maxima of their distance transform.
 *
 * Each stained pixel belongs to the nearest core: the disc around a maximum with most of its distance to the edge.
 * Pixels whose right or lower neighbour belongs to another core become background.
 *
 * @param {Raster} stained
 * @returns {Raster}
 */
function splitTouching(stained) {
  const { width, height } = stained;
  const nearest = findNearestRegions(drawCores(stained)).data;
  const split = Uint8Array.from(stained.data);
  for (let row = 0, place = 0; row < height; row++) {
    for (let column = 0; column < width; column++, place++) {
      if (split[place] === 0) continue;
      const isLeftOfOther = column + 1 < width && nearest[place] !== nearest[place + 1];
      if (isLeftOfOther || (row + 1 < height && nearest[place] !== nearest[place + width])) split[place] = 0;
    }
  }
  return new Raster(width, height, 1, split);
}

/** Return the cores of the nuclei: 0 within, 255 elsewhere. @param {Raster} stained @returns {Raster} */
function drawCores(stained) {
  const { width, height } = stained;
  const distance = distanceTransform(stained, 5);
  for (let place = 0; place < distance.data.length; place++) {
    if (distance.data[place] > LARGEST_RADIUS) distance.data[place] = LARGEST_RADIUS;
  }
  const { count, centres } = connectedComponents(findMaxima(stained, distance, SMOOTHED, ellipse(SIGHT)), 8);
  const cores = createRaster(width, height, 1, 255);
  for (let label = 1; label < count; label++) {
    const [x, y] = [roundHalfEven(centres[2 * label]), roundHalfEven(centres[2 * label + 1])];
    const radius = Math.trunc(Math.fround(CORE * distance.data[y * width + x])) - 1;
    fillCircle(cores, x, y, Math.max(0, radius), 0);
  }
  return cores;
}

/**
 * Return at most `MOST_CELLS` regions by decreasing area, spread over the tiles of the field.
 *
 * @param {number[]} labels
 * @param {import("../opencv/components.js").Components} regions
 * @returns {number[]}
 */
function chooseSpread(labels, { boxes, centres, labels: { width, height } }) {
  const order = argsort(labels.map((label) => -boxes[BOX_LENGTH * label + 4]));
  const sorted = order.map((place) => labels[place]);
  if (sorted.length <= MOST_CELLS) return sorted;
  const filled = new Int32Array(TILES * TILES);
  const ranks = sorted.map((label) => {
    const column = Math.trunc((centres[2 * label] * TILES) / width);
    const row = Math.trunc((centres[2 * label + 1] * TILES) / height);
    return filled[row * TILES + column]++;
  });
  const kept = argsort(ranks).slice(0, MOST_CELLS);
  return kept.sort((a, b) => a - b).map((place) => sorted[place]);
}

/** @param {import("../opencv/components.js").Components} regions @param {number} label @returns {Proposal} */
function describe({ labels, boxes, centres }, label) {
  const [left, top, width, height, area] = boxes.subarray(BOX_LENGTH * label, BOX_LENGTH * (label + 1));
  const part = createRaster(width, height);
  for (let row = 0, place = 0; row < height; row++) {
    const start = (top + row) * labels.width + left;
    for (let column = 0; column < width; column++, place++) {
      part.data[place] = labels.data[start + column] === label ? 1 : 0;
    }
  }
  const outlines = findContours(part, "external", "simple", left, top).map(({ points }) => points);
  return {
    centre: [centres[2 * label], centres[2 * label + 1]],
    box: [left, top, width, height],
    outline: outlines.reduce((longest, each) => (each.length > longest.length ? each : longest)),
    diameter: 2 * Math.sqrt(area / Math.PI),
  };
}
