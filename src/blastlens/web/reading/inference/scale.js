/** Scale model: the pixel size of a field, from the width of its red cells (inference/scale.py). */

import { UNKNOWN_PIXEL_SIZE, makePixelSize } from "../domain/field.js";
import { clip, quantile, roundHalfEven } from "../imaging/numbers.js";
import { resize } from "../opencv/resize.js";
import { createRaster, cut } from "../raster.js";
import { median } from "./evidence.js";
import { checkShapes } from "./graph.js";
import { Contrasts, chooseWindows } from "./scale_windows.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("./scale_windows.js").ScaleWindow} ScaleWindow */

/** Side in px of the crops that the graph reads. */
export const CROP_SIDE = 160;

/** Width in px of a red cell for which the graph returns zero. */
export const MIDDLE_WIDTH = 16;

export const RED_CELL_UM = 7.5;

const FINEST_SIDE = 80;
const EASY_WIDTHS = [9, 40];
const AIM = 18;
const [SEARCHED, MEASURED] = [2, 6];
const SAMPLES_PER_PIXEL = 4;
const READABLE = 0.5;
const DIVERGENCE = 0.6;
const LEAST_READABLE = 0.6;
const LOG_ERRORS = [-4, 1.5];
const LARGEST_LOGIT = 30;
const ERROR_FACTOR = 2.1;
const [SPREAD_QUANTILE, SPREAD_FACTOR] = [0.8, 0.5];
const LEAST_ERROR = 0.15;
const GREATEST_ERROR = 0.6;

/**
 * What the graph reads in a window.
 *
 * @typedef {object} Finding
 * @property {number} octaves binary logarithm of the width of a red cell in px of the image
 * @property {number} error expected absolute error of that
 * @property {number} readable probability that the window shows red cells of a readable size
 * @property {number} width of a red cell in px of the crop
 */

/** Estimates pixel sizes with one graph. */
export class ScaleModel {
  /**
   * @param {import("./graph.js").CompiledGraph} graph with the input `crops` (1, 160, 160, 3) and the output `scale` (1, 3)
   * @throws {import("../domain/errors.js").DamagedPackage} it has others
   */
  constructor(graph) {
    checkShapes(graph, { crops: [1, CROP_SIDE, CROP_SIDE, 3] }, { scale: [1, 3] }, "a scale model");
    this.graph = graph;
  }

  /**
   * Estimate the pixel size of a field.
   *
   * Windows of the whole field and of ever smaller parts of it are read until red cells are readable; then windows in
   * which a red cell is about 18 px wide are measured.
   *
   * @param {Raster} image RGB
   * @param {Raster | null} [usable] of any size, 0 outside of the usable area; null for all of it
   * @returns {import("../domain/field.js").PixelSize} `learned`; the unknown one where no red cells of a readable size
   *   are seen, or windows disagree
   */
  estimate(image, usable = null) {
    const contrasts = new Contrasts(image, usable);
    const begun = this.search(image, contrasts);
    if (begun === null) return UNKNOWN_PIXEL_SIZE;
    let measured = this.measure(image, contrasts, begun);
    const centre = findCentre(measured);
    if (centre !== null && Math.abs(centre - begun) > DIVERGENCE) measured = this.measure(image, contrasts, centre);
    return conclude(measured);
  }

  /**
   * Return the binary logarithm of the width of a red cell in px of the image, or null without red cells.
   *
   * @param {Raster} image
   * @param {Contrasts} contrasts
   */
  search(image, contrasts) {
    /** @type {Finding[]} */
    const found = [];
    for (let side = Math.min(image.width, image.height); side >= FINEST_SIDE; side /= 2) {
      const level = this.read(image, chooseWindows(image, contrasts, roundHalfEven(side), SEARCHED));
      found.push(...level);
      if (level.some(isEasy)) break;
    }
    return findCentre(found);
  }

  /**
   * Read windows in which a red cell is about as wide as the aim.
   *
   * @param {Raster} image
   * @param {Contrasts} contrasts
   * @param {number} octaves
   */
  measure(image, contrasts, octaves) {
    const wanted = Math.max(roundHalfEven((CROP_SIDE * 2 ** octaves) / AIM), FINEST_SIDE / 2);
    const side = Math.min(wanted, image.width, image.height);
    return this.read(image, chooseWindows(image, contrasts, side, MEASURED));
  }

  /** @param {Raster} image @param {ScaleWindow[]} windows */
  read(image, windows) {
    return windows.map((window) => this.readWindow(image, window));
  }

  /** @param {Raster} image @param {ScaleWindow} window @returns {Finding} */
  readWindow(image, { left, top, side }) {
    const part = takeSamples(image, { left, top, side });
    const crop = resize(part, CROP_SIDE, CROP_SIDE, part.height > CROP_SIDE ? "area" : "linear");
    const [octaves, logError, logit] = this.graph.run({ crops: new Float32Array(crop.data) }).scale;
    return {
      octaves: octaves + Math.log2((MIDDLE_WIDTH * side) / CROP_SIDE),
      error: Math.exp(clip(logError, LOG_ERRORS[0], LOG_ERRORS[1])),
      readable: 1 / (1 + Math.exp(-clip(logit, -LARGEST_LOGIT, LARGEST_LOGIT))),
      width: MIDDLE_WIDTH * 2 ** octaves,
    };
  }
}

/**
 * Return every n-th row and column of a window: more pixels of a large one would cost time and show nothing.
 *
 * @param {Raster} image
 * @param {ScaleWindow} window
 * @returns {Raster}
 */
function takeSamples(image, { left, top, side }) {
  const step = Math.floor(side / (SAMPLES_PER_PIXEL * CROP_SIDE));
  if (step <= 1) return cut(image, left, top, side, side);
  const samples = createRaster(Math.ceil(side / step), Math.ceil(side / step), 3);
  const [source, { data, width }] = [image.data, samples];
  for (let row = 0, to = 0; row < samples.height; row++) {
    let from = 3 * ((top + row * step) * image.width + left);
    for (const end = to + 3 * width; to < end; to += 3, from += 3 * step) {
      data[to] = source[from];
      data[to + 1] = source[from + 1];
      data[to + 2] = source[from + 2];
    }
  }
  return samples;
}

/** Return whether a window shows red cells of a size at which the error is small. @param {Finding} finding */
function isEasy({ readable, width }) {
  return readable > READABLE && EASY_WIDTHS[0] <= width && width <= EASY_WIDTHS[1];
}

/** Return the weighted median of the readable findings, in octaves; null without any. @param {readonly Finding[]} found */
function findCentre(found) {
  const readable = found.filter((each) => each.readable > READABLE).sort((a, b) => a.octaves - b.octaves);
  if (readable.length === 0) return null;
  let total = 0;
  const sums = readable.map((each) => (total += each.readable / each.error ** 2));
  return readable[sums.findIndex((sum) => sum >= total / 2)].octaves;
}

/** Return the pixel size of a field by its windows. @param {readonly Finding[]} measured */
function conclude(measured) {
  const centre = findCentre(measured);
  const readable = measured.filter((each) => each.readable > READABLE);
  if (centre === null || readable.length < LEAST_READABLE * measured.length) return UNKNOWN_PIXEL_SIZE;
  const apart = readable.map((each) => Math.abs(each.octaves - centre));
  const spread = SPREAD_FACTOR * quantile(apart, SPREAD_QUANTILE);
  const error = median(readable.map((each) => each.error));
  const relativeError = Math.max(2 ** (ERROR_FACTOR * Math.max(error, spread)) - 1, LEAST_ERROR);
  if (relativeError > GREATEST_ERROR) return UNKNOWN_PIXEL_SIZE;
  return makePixelSize(RED_CELL_UM / 2 ** centre, "learned", relativeError);
}
