/** Pixel size of a field: declared, or by red cells, or by stained cells (a part of inference/field.py). */

import { startSummary } from "../domain/field_summary.js";
import { isAll } from "../imaging/crops.js";
import { estimateByNuclei } from "../imaging/nucleus_scale.js";
import { reconcile } from "../imaging/pixel_size.js";
import { segment } from "../imaging/segmentation.js";
import { prepareColour } from "../imaging/stain.js";
import { release } from "../raster.js";
import { isCertain } from "./scale_range.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("../imaging/usable_area.js").UsableArea} UsableArea */

/** Measures the pixel size of fields. */
export class FieldScale {
  /**
   * @param {import("./scale.js").ScaleModel} model
   * @param {import("./manifest.js").Manifest} manifest
   * @param {number} greatestError relative error of the pixel size from which on it is uncertain
   */
  constructor(model, manifest, greatestError) {
    this.model = model;
    this.manifest = manifest;
    this.greatestError = greatestError;
  }

  /**
   * Return a summary with the pixel size, and the cautions about it and about the area.
   *
   * @param {Raster} image RGB
   * @param {Raster} small the usable area of its thumbnail
   * @param {UsableArea} area
   * @param {Pick<Required<import("./field.js").ReadOptions>, "declared" | "onStep" | "onProgress">} options
   */
  measure(image, small, area, { declared, onStep, onProgress }) {
    const { size, caution } = reconcile(declared, this.estimate(image, small, area));
    onStep("pixel_size", { um: size.um, source: size.source, relative_error: size.relativeError });
    onProgress("scale", 1);
    const cautions = caution === null ? [] : [/** @type {string} */ (caution)];
    if (!isCertain(size, this.manifest.evaluated_um, this.greatestError)) cautions.push("scale_uncertain");
    if (!area.isWhole) cautions.push("area_left_out");
    return startSummary(size, cautions);
  }

  /**
   * Return the pixel size by red cells; where none are seen, by stained cells.
   *
   * @param {Raster} image
   * @param {Raster} small
   * @param {UsableArea} area
   */
  estimate(image, small, area) {
    const view = area.crop(image);
    const inner = area.inner();
    const estimated = this.model.estimate(view, isAll(inner.mask) ? null : inner.mask);
    if (view !== image) release(view);
    if (estimated.um !== null) return estimated;
    const normalised = prepareColour(inner.fill(small), this.manifest.colour);
    return estimateByNuclei(segment(normalised, this.manifest.segmentation), view.height, view.width);
  }
}
