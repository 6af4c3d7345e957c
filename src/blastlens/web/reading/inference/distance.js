/** Distance of a window's features from those of the training images (inference/distance.py). */

import { DamagedPackage } from "../domain/errors.js";
import { readArrays } from "./arrays.js";

const NO_LENGTH = 1e-12;
const NAMES = ["mean", "scale", "components", "whitening", "class_means"];

/** Two distances, in the units of the limits. @typedef {{mahalanobis: number, residual: number}} Distance */

/** Statistics of the training images' features: F features, K components, C classes. */
export class Statistics {
  /** @param {Record<string, import("./arrays.js").FloatArray>} arrays */
  constructor(arrays) {
    this.mean = arrays.mean.data; // (F,)
    this.scale = arrays.scale.data; // (F,)
    this.components = arrays.components.data; // (F, K)
    this.whitening = arrays.whitening.data; // (K, K)
    this.classMeans = arrays.class_means.data; // (C, K)
    this.kept = arrays.components.shape[1];
  }

  /**
   * Read `distance.npz`.
   *
   * @param {Uint8Array} bytes
   * @param {string} file its name
   * @throws {DamagedPackage} the bytes are not an archive of statistics, or its arrays do not match each other
   */
  static load(bytes, file) {
    const arrays = readArrays(bytes, file);
    if (Object.keys(arrays).toSorted().join() !== NAMES.toSorted().join() || !isConsistent(arrays)) {
      throw new DamagedPackage(`${file} contains no statistics of features that match each other.`);
    }
    return new Statistics(arrays);
  }

  /**
   * Measure the distances of the features (F,) of one window. Both are root mean squares.
   *
   * @param {Float32Array} features
   * @returns {Distance}
   */
  measure(features) {
    if (features.length !== this.mean.length) {
      throw new DamagedPackage(`The graph has ${features.length} features, and the statistics ${this.mean.length}.`);
    }
    const unit = normaliseLength(features);
    const standard = unit.map((value, index) => (value - this.mean[index]) / this.scale[index]);
    const projected = this.project(standard);
    return { mahalanobis: this.measureNearest(projected), residual: this.measureResidual(standard, projected) };
  }

  /** Return the principal components (K,) of features. @param {Float64Array} standard */
  project(standard) {
    const projected = new Float64Array(this.kept);
    for (let feature = 0, at = 0; feature < standard.length; feature++) {
      for (let component = 0; component < this.kept; component++) {
        projected[component] += standard[feature] * this.components[at++];
      }
    }
    return projected;
  }

  /** Return the distance to the nearest class. @param {Float64Array} projected */
  measureNearest(projected) {
    const whitened = new Float64Array(this.kept);
    projected.forEach((value, row) => {
      for (let column = 0; column < this.kept; column++) whitened[column] += value * this.whitening[row * this.kept + column];
    });
    let nearest = Infinity;
    for (let start = 0; start < this.classMeans.length; start += this.kept) {
      let total = 0;
      whitened.forEach((value, index) => (total += (value - this.classMeans[start + index]) ** 2));
      nearest = Number.isNaN(total) ? NaN : Math.min(nearest, total / this.kept);
    }
    return Math.sqrt(nearest);
  }

  /** Return the length of the part outside of the components. @param {Float64Array} standard @param {Float64Array} projected */
  measureResidual(standard, projected) {
    let total = 0;
    for (let feature = 0, at = 0; feature < standard.length; feature++) {
      let inside = 0;
      for (let component = 0; component < this.kept; component++) inside += this.components[at++] * projected[component];
      total += (standard[feature] - inside) ** 2;
    }
    return Math.sqrt(total / standard.length);
  }
}

/**
 * Return the larger distance as a multiple of its limit: above 1 is beyond; infinite where it is not a number.
 *
 * @param {Distance} distance
 * @param {import("./manifest.js").DistanceLimit} limit
 */
export function relativeTo(distance, limit) {
  const shares = [distance.mahalanobis / limit.mahalanobis, distance.residual / limit.residual];
  return shares.some(Number.isNaN) ? Infinity : Math.max(...shares);
}

/** Return features divided by their length; zero features stay zero. @param {Float32Array} features */
function normaliseLength(features) {
  let squares = 0;
  for (const value of features) squares += value * value;
  const length = Math.max(Math.sqrt(squares), NO_LENGTH);
  return Float64Array.from(features, (value) => value / length);
}

/** @param {Record<string, import("./arrays.js").FloatArray>} arrays */
function isConsistent({ mean, scale, components, whitening, class_means }) {
  const [features, kept] = components.shape;
  const same = (/** @type {readonly number[]} */ shape, /** @type {number[]} */ ...wanted) => shape.join() === wanted.join();
  return (
    same(mean.shape, features) &&
    same(scale.shape, features) &&
    same(whitening.shape, kept, kept) &&
    class_means.shape.length === 2 &&
    class_means.shape[1] === kept
  );
}
