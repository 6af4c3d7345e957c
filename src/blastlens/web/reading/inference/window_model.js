/** Window model: a package's main graph with calibration and distance (inference/window_model.py and engine.py). */

import { segmentedInput, shrink } from "../imaging/model_input.js";
import { Statistics, relativeTo } from "./distance.js";
import { checkShapes } from "./graph.js";
import { DISTANCE_FILE } from "./package.js";
import { applyTemperature } from "./uncertainty.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * What the model found in one window.
 *
 * @typedef {object} WindowReading
 * @property {number[]} probabilities calibrated
 * @property {number} distance from the training data, as a multiple of the limit; 0 in a package without one
 */

/** Runs the windows of fields through one package. */
export class WindowModel {
  /**
   * @param {import("./package.js").ModelPackage} modelPackage
   * @param {import("./graph.js").CompiledGraph} graph with the inputs of the branches, and the outputs `probabilities`,
   *   `features` and a `map_i` for each branch
   * @throws {import("../domain/errors.js").DamagedPackage} it has others, or the statistics of the distance cannot be read
   */
  constructor(modelPackage, graph) {
    this.manifest = modelPackage.manifest;
    this.graph = graph;
    this.inputs = [...new Set(this.manifest.branches.map((branch) => branch.input))];
    this.checkShapes();
    const statistics = modelPackage.files.get(DISTANCE_FILE);
    this.statistics = statistics === undefined ? null : Statistics.load(statistics, DISTANCE_FILE);
  }

  /**
   * Read one window.
   *
   * @param {Raster} normalised RGB in the package's colour
   * @param {Raster} mask its blast mask
   * @returns {WindowReading}
   */
  read(normalised, mask) {
    const { original, maskShare } = shrink(normalised, mask, this.manifest.size);
    /** @type {Record<string, Float32Array>} */
    const given = {};
    for (const input of this.inputs) {
      given[input] = new Float32Array((input === "original" ? original : segmentedInput(original, maskShare)).data);
    }
    const { probabilities, features } = this.graph.run(given, ["probabilities", "features"]);
    return {
      probabilities: applyTemperature(probabilities, this.manifest.calibration.temperature),
      distance: this.measureDistance(features),
    };
  }

  /** @param {Float32Array} features */
  measureDistance(features) {
    const { distance } = this.manifest;
    return distance === null || this.statistics === null ? 0 : relativeTo(this.statistics.measure(features), distance);
  }

  checkShapes() {
    const { size, classes, branches } = this.manifest;
    const maps = branches.map((_, position) => `map_${position}`);
    const shapes = maps.map((name) => this.graph.outputs.get(name) ?? []);
    const features = shapes.reduce((sum, shape) => sum + (shape.at(-1) ?? 0), 0);
    checkShapes(
      this.graph,
      Object.fromEntries(this.inputs.map((name) => [name, [1, size, size, 3]])),
      {
        probabilities: [1, classes.length],
        features: [1, features],
        ...Object.fromEntries(maps.map((name, index) => [name, shapes[index]])),
      },
      "the model of this manifest",
    );
  }
}
