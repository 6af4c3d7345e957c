/** Windows of a working field that were read, and their joined mask (inference/field_windows.py). */

import { roundHalfEven } from "../imaging/numbers.js";
import { segment } from "../imaging/segmentation.js";

/** @typedef {import("../raster.js").Raster} Raster */
/** @typedef {import("../imaging/windows.js").Window} Window */
/** @typedef {import("../imaging/working_field.js").WorkingField} WorkingField */
/** @typedef {import("./window_model.js").WindowModel} WindowModel */
/** @typedef {import("./window_model.js").WindowReading} WindowReading */

/** What the window model found in the windows of a field. */
export class FieldWindows {
  /**
   * @param {Window[]} places the windows, in pixels of the working field
   * @param {Raster[]} masks their blast masks
   * @param {WindowReading[]} readings of the model
   */
  constructor(places, masks, readings) {
    this.places = places;
    this.masks = masks;
    this.readings = readings;
  }

  /** Calibrated probabilities (W, C). */
  get probabilities() {
    return this.readings.map((reading) => reading.probabilities);
  }

  /** Distances (W,) from the training data, as multiples of the limit. */
  get distances() {
    return this.readings.map((reading) => reading.distance);
  }

  /**
   * Return left, top, width and height of each window in pixels of the upload.
   *
   * @param {WorkingField} working
   * @returns {[number, number, number, number][]}
   */
  listBoxes(working) {
    return this.places.map(({ left, top, width, height }) => {
      const corners = working.toUpload([left, top, left + width, top + height]);
      const [west, north, east, south] = Array.from(corners, roundHalfEven);
      return [west, north, east - west, south - north];
    });
  }

  /** Return the share of the working field that lies in the blast masks, 0 to 1. @param {WorkingField} working */
  measureStained({ image: { width, height } }) {
    const joined = new Uint8Array(width * height);
    let stained = 0;
    this.places.forEach((place, index) => {
      const { data } = this.masks[index];
      for (let row = 0, from = 0; row < place.height; row++) {
        let to = (place.top + row) * width + place.left;
        for (let column = 0; column < place.width; column++, to++, from++) {
          if (data[from] === 0 || joined[to] !== 0) continue;
          joined[to] = 1;
          stained++;
        }
      }
    });
    return stained / joined.length;
  }
}

/**
 * Read windows of a working field. Blasts are found in each window by itself, as in the training images.
 *
 * @param {WindowModel} model
 * @param {Raster} normalised the field in the package's colour
 * @param {Window[]} places
 * @param {import("../imaging/segmentation.js").BlastSettings} settings
 * @param {(share: number) => void} [onProgress]
 */
export function readWindows(model, normalised, places, settings, onProgress = () => {}) {
  /** @type {Raster[]} */
  const masks = [];
  const readings = places.map((place, index) => {
    const piece = place.cut(normalised);
    const mask = segment(piece, settings);
    masks.push(mask);
    const reading = model.read(piece, mask);
    onProgress((index + 1) / places.length);
    return reading;
  });
  return new FieldWindows(places, masks, readings);
}
