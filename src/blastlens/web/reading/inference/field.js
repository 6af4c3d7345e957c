/** Reader of fields: pixel size, white cells and windows, joined to one answer (inference/field.py). */

import { UploadRefused } from "../domain/errors.js";
import { countKinds } from "../domain/field_summary.js";
import { checkExposure, checkQuality, measureQuality, measureWhiteShare } from "../imaging/quality.js";
import { measureSharpness } from "../imaging/sharpness.js";
import { prepareColour } from "../imaging/stain.js";
import { makeThumbnail } from "../imaging/thumbnail.js";
import { findUsableArea } from "../imaging/usable_area.js";
import { chooseWindows, countFilled, planWindows } from "../imaging/windows.js";
import { makeWorkingField } from "../imaging/working_field.js";
import { createRaster, release } from "../raster.js";
import { aggregate, windowsAlone } from "./aggregation.js";
import { Answers } from "./answers.js";
import { CellReader } from "./cell_reader.js";
import { countBlasts, measureDistance } from "./evidence.js";
import { FieldScale } from "./field_scale.js";
import { readWindows } from "./field_windows.js";
import { openGraph } from "./graph.js";
import { ScaleModel } from "./scale.js";
import { checkRange, chooseReadingSize } from "./scale_range.js";
import { WindowModel } from "./window_model.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("../domain/field.js").PixelSize} PixelSize */
/** @typedef {import("../domain/field_summary.js").FieldSummary} FieldSummary */
/** @typedef {import("../imaging/quality.js").Quality} Quality */
/** @typedef {import("../imaging/working_field.js").WorkingField} WorkingField */
/** @typedef {import("./answers.js").FieldResult} FieldResult */

/**
 * How a field is read.
 *
 * @typedef {object} ReadOptions
 * @property {PixelSize | null} [declared] the pixel size sent with it
 * @property {boolean} [isSpent] whether the image may lose its pixels as soon as they are not needed any more
 * @property {(name: string, value: any) => void} [onStep] receives what each step makes, for comparisons with Python
 * @property {(step: "scale" | "cells" | "windows", share: number) => void} [onProgress] share of a step, 0 to 1
 */

/**
 * What was found in a field whose quality and scale allow reading it.
 *
 * @typedef {object} Findings
 * @property {WorkingField} working
 * @property {Quality} quality
 * @property {FieldSummary} summary its cautions are those before the models ran
 * @property {import("./cell_reader.js").WhiteCells} cells
 * @property {import("./field_windows.js").FieldWindows} windows
 * @property {import("./evidence.js").Evidence} evidence
 */

const OUTLIER =
  "The image is unlike those the model learned from: check that it is a bone marrow or blood smear in a Romanowsky " +
  "stain, taken with the 100x objective, and take it again; if it is, have a specialist read it.";

const UNMEASURED = createRaster(1, 1, 1, 1); // white cells decide later whether enough is stained

/** Reads fields of any size within the range of scales that its package was evaluated on. */
export class FieldReader {
  /**
   * @param {import("./package.js").ModelPackage} modelPackage
   * @param {import("../runtime/litert.js").Runtime} runtime
   * @throws {import("../domain/errors.js").DamagedPackage} a graph cannot be run, or does not match the manifest
   */
  constructor(modelPackage, runtime) {
    const { manifest } = modelPackage;
    const open = (/** @type {string} */ file) => openGraph(runtime, modelPackage, file);
    this.manifest = manifest;
    this.answers = new Answers(modelPackage);
    this.graphs = [open(manifest.scale.file), open(manifest.cells.file), open(manifest.weights.file)];
    this.cells = new CellReader(this.graphs[1], manifest.cells.constants);
    this.windows = new WindowModel(modelPackage, this.graphs[2]);
    const { set_threshold: threshold, coverage } = manifest.calibration;
    this.settings = manifest.aggregation ?? windowsAlone(threshold, coverage);
    this.scale = new FieldScale(new ScaleModel(this.graphs[0]), manifest, this.settings.greatest_error);
  }

  /** Free the memory of the graphs. */
  close() {
    for (const graph of this.graphs) graph.delete();
  }

  /**
   * Read a field.
   *
   * @param {Raster} image RGB
   * @param {ReadOptions} [options]
   * @returns {FieldResult}
   */
  read(image, options = {}) {
    const onStep = options.onStep ?? (() => {});
    /** @type {{quality: Quality | null, summary: FieldSummary | null}} */
    const known = { quality: null, summary: null };
    try {
      const found = this.find(image, known, { declared: null, isSpent: false, onProgress: () => {}, ...options, onStep });
      const cells = found.cells.describe(found.working, found.summary.pixelSize.um ?? 0);
      const windows = found.windows.listBoxes(found.working);
      Object.assign(known, { cells, windows });
      if (measureDistance(found.evidence) > this.settings.far) throw new UploadRefused("out_of_distribution", OUTLIER);
      const answer = aggregate(found.evidence, this.settings);
      return this.answers.predict(answer, found, { cells, windows });
    } catch (error) {
      if (!(error instanceof UploadRefused)) throw error;
      return this.answers.reject(error, known);
    }
  }

  /**
   * Find white cells and windows of a field, and run the models on them.
   *
   * Cheap steps come first: quality and scale are judged before any cell is looked for.
   *
   * @param {Raster} image
   * @param {{quality: Quality | null, summary: FieldSummary | null}} known receives what is known before a refusal
   * @param {Required<ReadOptions>} options
   * @returns {Findings}
   * @throws {UploadRefused} it cannot be read
   */
  find(image, known, options) {
    const thumbnail = makeThumbnail(image);
    const area = findUsableArea(thumbnail);
    options.onStep("thumbnail", thumbnail);
    options.onStep("usable_area", area.mask);
    const small = area.crop(thumbnail);
    known.quality = measureQuality(small, UNMEASURED, area.isWhole ? null : area.inner().mask);
    checkExposure(known.quality);
    known.summary = this.scale.measure(image, small, area, options);
    if (known.summary.pixelSize.um === null) checkQuality(known.quality); // out of focus: it has no scale either
    const { rows, columns } = area.findBox(image.height, image.width);
    const shorter = Math.min(rows.stop - rows.start, columns.stop - columns.start);
    checkRange(known.summary.pixelSize, this.manifest.evaluated_um, shorter);
    const working = makeWorkingField(image, area, chooseReadingSize(known.summary.pixelSize));
    if (options.isSpent && working.image.data.buffer !== image.data.buffer) release(image);
    options.onStep("working", working.image);
    const sharpness = measureSharpness(working.image, area.isWhole ? null : working.usable, working.um);
    known.quality = { ...known.quality, ...sharpness };
    checkQuality(known.quality);
    const found = this.readCellsAndWindows(working, known.quality, known.summary, options);
    Object.assign(known, { quality: found.quality, summary: found.summary });
    return found;
  }

  /**
   * Run the models on a working field.
   *
   * @param {WorkingField} working
   * @param {Quality} quality
   * @param {FieldSummary} summary
   * @param {Required<ReadOptions>} options
   * @returns {Findings}
   * @throws {UploadRefused} it holds no white cell
   */
  readCellsAndWindows(working, quality, summary, { onStep, onProgress }) {
    const normalised = prepareColour(working.image, this.manifest.colour);
    onStep("normalised", normalised);
    const cells = this.cells.read(normalised, working, (share) => onProgress("cells", share));
    onStep("white_cells", cells.proposals.map((proposal) => proposal.box));
    onStep("cell_probabilities", cells.probabilities);
    if (cells.proposals.length === 0) checkQuality({ ...quality, stained_fraction: 0 });
    const planned = planWindows(working.image.height, working.image.width, working.um);
    const places = chooseWindows(planned, cells.centres);
    const { segmentation } = this.manifest;
    const windows = readWindows(this.windows, normalised, places, segmentation, (share) => onProgress("windows", share));
    onStep("mask", windows.masks);
    onStep("window_probabilities", windows.probabilities);
    onStep("distance", windows.distances);
    const isPart = working.isPart || cells.isPart || countFilled(planned, cells.centres) > places.length;
    return this.join(working, quality, { ...summary, cautions: addPart(summary.cautions, isPart) }, cells, windows);
  }

  /**
   * @param {WorkingField} working
   * @param {Quality} quality
   * @param {FieldSummary} summary
   * @param {import("./cell_reader.js").WhiteCells} cells
   * @param {import("./field_windows.js").FieldWindows} windows
   * @returns {Findings}
   */
  join(working, quality, summary, cells, windows) {
    const kinds = countKinds(cells.kinds);
    return {
      working,
      quality: { ...quality, stained_fraction: windows.measureStained(working) },
      summary: {
        ...summary,
        windows: windows.places.length,
        whiteCells: cells.proposals.length,
        unnamedCells: kinds.other_white ?? 0,
        blasts: countBlasts(cells.probabilities, this.settings),
        kinds,
        uncertainCells: cells.uncertain,
      },
      cells,
      windows,
      evidence: {
        windows: windows.probabilities,
        distances: windows.distances,
        cells: cells.probabilities,
        cautions: summary.cautions,
        isOpen: this.isTooWhite(working),
      },
    };
  }

  /** @param {WorkingField} working */
  isTooWhite(working) {
    const { greatest_white: white } = this.manifest.calibration;
    return white !== undefined && measureWhiteShare(working.image) > white;
  }
}

/** @param {readonly string[]} cautions @param {boolean} isPart */
function addPart(cautions, isPart) {
  return isPart ? [...cautions, "part_read"] : cautions;
}
