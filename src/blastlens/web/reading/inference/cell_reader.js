/** Reader of white cells: proposals, verified by the cell model (inference/cell_reader.py). */

import { CELL_KINDS, UNCERTAIN } from "../domain/field_summary.js";
import { cutCrops } from "../imaging/cell_crops.js";
import { greatestIndex, roundHalfEven } from "../imaging/numbers.js";
import { MOST_CELLS, propose } from "../imaging/white_cells.js";
import { resample } from "../imaging/working_field.js";
import { resize } from "../opencv/resize.js";
import { CellModel, chooseWhiteCells } from "./cells.js";
import { measureBlastProbability } from "./evidence.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("../imaging/white_cells.js").Proposal} Proposal */
/** @typedef {import("../imaging/working_field.js").WorkingField} WorkingField */

/**
 * A white cell in pixels of the upload, with the names of `artifacts/.../cells.json`.
 *
 * @typedef {object} Cell
 * @property {[number, number, number, number]} box left, top, width and height
 * @property {[number, number][]} outline
 * @property {number} nucleus_um diameter of its nucleus in micrometres
 * @property {number} blast_probability 0 to 1
 * @property {string} kind the likeliest one
 */

/** White cells of a working field. */
export class WhiteCells {
  /**
   * @param {Proposal[]} proposals the N white cells, in pixels of 0.5 micrometres
   * @param {number[][]} probabilities (N, 6) of the cell model
   * @param {number} zoom pixels of 0.5 micrometres in a pixel of the working field
   * @param {boolean} isPart whether there are more proposals than are read
   */
  constructor(proposals, probabilities, zoom, isPart) {
    this.proposals = proposals;
    this.probabilities = probabilities;
    this.zoom = zoom;
    this.isPart = isPart;
  }

  /** Centres in pixels of the working field. @returns {[number, number][]} */
  get centres() {
    return this.proposals.map(({ centre: [x, y] }) => [x / this.zoom, y / this.zoom]);
  }

  /** Likeliest kind of each. */
  get kinds() {
    return this.probabilities.map((cell) => CELL_KINDS[greatestIndex(cell.slice(0, CELL_KINDS.length))]);
  }

  /** Number of cells that a person has to look at. */
  get uncertain() {
    const [low, high] = UNCERTAIN;
    return this.probabilities.map(measureBlastProbability).filter((blast) => low < blast && blast < high).length;
  }

  /**
   * Return the cells with their places in pixels of the upload, which are `um` micrometres wide.
   *
   * @param {WorkingField} working
   * @param {number} um
   * @returns {Cell[]}
   */
  describe(working, um) {
    const scale = (um * working.width) / working.image.width / this.zoom;
    const kinds = this.kinds;
    return this.proposals.map((proposal, index) => ({
      ...this.place(proposal, working),
      nucleus_um: proposal.diameter * scale,
      blast_probability: measureBlastProbability(this.probabilities[index]),
      kind: kinds[index],
    }));
  }

  /**
   * @param {Proposal} proposal
   * @param {WorkingField} working
   * @returns {Pick<Cell, "box" | "outline">}
   */
  place({ box: [left, top, width, height], outline }, working) {
    const corners = [left, top, left + width, top + height, ...outline];
    const [west, north, east, south, ...places] = Array.from(working.toUpload(corners, this.zoom), roundHalfEven);
    /** @type {[number, number][]} */
    const points = [];
    for (let at = 0; at < places.length; at += 2) points.push([places[at], places[at + 1]]);
    return { box: [west, north, Math.max(1, east - west), Math.max(1, south - north)], outline: points };
  }
}

/** Finds and classifies white cells. */
export class CellReader {
  /**
   * @param {import("./graph.js").CompiledGraph} graph of the cell model
   * @param {Record<string, any>} constants of the same graph; its `proposals` are the settings that it was trained with
   */
  constructor(graph, constants) {
    this.model = new CellModel(graph);
    this.settings = constants.proposals;
  }

  /**
   * Return the white cells of a working field.
   *
   * @param {Raster} normalised the field in standardised colour
   * @param {WorkingField} working
   * @param {(share: number) => void} [onProgress]
   */
  read(normalised, working, onProgress) {
    const { image, zoom } = resample(normalised, working.um);
    const usable = resizeMask(working.usable, image);
    const proposals = keepUsable(propose(image, this.settings), usable);
    const probabilities = this.model.run(cutCrops(image, usable, proposals), onProgress);
    const white = chooseWhiteCells(proposals, probabilities);
    return new WhiteCells(
      white.map((index) => proposals[index]),
      white.map((index) => probabilities[index]),
      zoom,
      proposals.length >= MOST_CELLS,
    );
  }
}

/** Return the proposals whose centre lies in the usable area. @param {Proposal[]} proposals @param {Raster | null} usable */
function keepUsable(proposals, usable) {
  if (usable === null) return proposals;
  const { width, height, data } = usable;
  return proposals.filter(({ centre: [x, y] }) => {
    const [column, row] = [Math.min(roundHalfEven(x), width - 1), Math.min(roundHalfEven(y), height - 1)];
    return data[row * width + column] !== 0;
  });
}

/** @param {Raster | null} usable @param {Raster} image */
function resizeMask(usable, image) {
  if (usable === null || (usable.width === image.width && usable.height === image.height)) return usable;
  return resize(usable, image.width, image.height, "nearest");
}
