/** Cell model: class probabilities of crops around white cells (inference/cells.py). */

import { DamagedPackage } from "../domain/errors.js";
import { CROP_SIDE } from "../imaging/cell_crops.js";
import { greatestIndex } from "../imaging/numbers.js";
import { checkShapes } from "./graph.js";

/** Number of classes: the labels, *other white cell* and *not a white cell*. */
export const CLASSES = 6;

/** A proposal with a greater probability of *not a white cell* is none (ADR 0039). */
export const LARGEST_NOT_WHITE = 0.3;

const [OTHER, NOT_WHITE] = [4, 5];
const LARGEST_LOBE = 15;
const NEAR_LOBES = 16;
const CHANNELS = 4;

/** @typedef {import("../imaging/white_cells.js").Proposal} Proposal */

/** Runs the graph of the cell model. */
export class CellModel {
  /**
   * @param {import("./graph.js").CompiledGraph} graph with the input `crops` (B, 48, 48, 4), 0 to 255, and the output
   *   `probabilities` (B, 6)
   * @throws {DamagedPackage} it has others
   */
  constructor(graph) {
    this.graph = graph;
    this.batch = graph.inputs.get("crops")?.[0] ?? 0;
    if (this.batch < 1) throw new DamagedPackage("A graph reads no crops: it is not a cell model.");
    const crops = [this.batch, CROP_SIDE, CROP_SIDE, CHANNELS];
    checkShapes(graph, { crops }, { probabilities: [this.batch, CLASSES] }, "a cell model");
  }

  /**
   * Return the probabilities (N, 6) of crops.
   *
   * @param {Uint8Array} crops (N, 48, 48, 4)
   * @param {(share: number) => void} [onProgress]
   * @returns {number[][]}
   */
  run(crops, onProgress = () => {}) {
    const size = CROP_SIDE * CROP_SIDE * CHANNELS;
    const padded = new Float32Array(this.batch * size);
    /** @type {number[][]} */
    const answers = [];
    for (let start = 0; start < crops.length; start += padded.length) {
      const part = crops.subarray(start, start + padded.length);
      padded.fill(0, part.length);
      padded.set(part);
      const { probabilities } = this.graph.run({ crops: padded });
      for (let cell = 0; cell < part.length / size; cell++) {
        answers.push(Array.from(probabilities.subarray(cell * CLASSES, (cell + 1) * CLASSES)));
      }
      onProgress(Math.min(1, (start + part.length) / crops.length));
    }
    return answers;
  }
}

/**
 * Return which proposals are white cells, each cell once, in their order.
 *
 * The lobes of a granulocyte's nucleus may be proposed one by one: of two small *other white cells* side by side the
 * larger remains. Blasts that touch are never joined.
 *
 * @param {readonly Proposal[]} proposals
 * @param {readonly (readonly number[])[]} probabilities (N, 6) of them
 * @returns {number[]}
 */
export function chooseWhiteCells(proposals, probabilities) {
  const white = [...proposals.keys()]
    .filter((index) => probabilities[index][NOT_WHITE] < LARGEST_NOT_WHITE)
    .sort((a, b) => proposals[b].diameter - proposals[a].diameter || a - b);
  /** @type {number[]} */
  const kept = [];
  for (const index of white) {
    const isLobe = proposals[index].diameter < LARGEST_LOBE && greatestIndex(probabilities[index]) === OTHER;
    if (!isLobe || kept.every((other) => measureApart(proposals[other], proposals[index]) >= NEAR_LOBES)) kept.push(index);
  }
  return kept.sort((a, b) => a - b);
}

/** @param {Proposal} one @param {Proposal} other */
function measureApart(one, other) {
  return Math.hypot(one.centre[0] - other.centre[0], one.centre[1] - other.centre[1]);
}
