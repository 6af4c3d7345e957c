/** Manifest of a model package: manifest.json, whose digest is checked, with the names and values that it has there. */

import { DamagedPackage } from "../domain/errors.js";
import { LABEL_SETS } from "../domain/labels.js";

/** Version of the manifest's format. Packages of other versions are refused. */
export const FORMAT = 3;

/**
 * @typedef {{file: string, sha256: string, constants: Record<string, any>}} FieldGraph
 * @typedef {{mahalanobis: number, residual: number}} DistanceLimit
 * @typedef {{temperature: number, set_threshold: number, coverage: number, greatest_white?: number}} Calibration
 * @typedef {import("./aggregation.js").AggregationSettings} AggregationSettings
 */

/**
 * What a package needs to read fields (inference/manifest.py describes each value).
 *
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {string} digest
 * @property {string[]} classes labels in the order of the graph's outputs
 * @property {number} size side in pixels of the square RGB inputs
 * @property {"as_taken" | "normalised" | "standardised"} colour
 * @property {{backbone: string, input: "original" | "segmented"}[]} branches in the order of the graph's maps
 * @property {import("../imaging/segmentation.js").BlastSettings} segmentation with its `method`, "hsv" or "lab"
 * @property {Calibration} calibration
 * @property {DistanceLimit | null} distance
 * @property {{file: string, sha256: string}} weights
 * @property {Record<string, string>} files name and SHA-256 of every further file
 * @property {[number, number]} evaluated_um
 * @property {FieldGraph} scale
 * @property {FieldGraph} cells
 * @property {AggregationSettings} [aggregation]
 * @property {Record<string, any>} [examination] constants of the answer to all fields of a smear
 */

/**
 * Parse a manifest.
 *
 * @param {string} text
 * @returns {Promise<Manifest>}
 * @throws {DamagedPackage} invalid JSON, another format, a missing value, or a digest that does not match
 */
export async function parseManifest(text) {
  const values = parse(text);
  if (values?.format !== FORMAT) {
    throw new DamagedPackage(`manifest.json has format ${values?.format}; this version of blastlens reads format ${FORMAT}.`);
  }
  if ((await digestOf(text, values.digest)) !== values.digest) {
    throw new DamagedPackage(
      "manifest.json was changed after it was written: its digest does not match. Use the original package.",
    );
  }
  checkClasses(values.classes);
  if (!values.scale || !values.cells || !values.evaluated_um) {
    throw new DamagedPackage("The package has no graphs of scale and cells, so it reads images of any magnification alike.");
  }
  return values;
}

/** Return the SHA-256 of bytes in hexadecimal. @param {BufferSource} bytes */
export async function sha256(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamagedPackage(`manifest.json cannot be read: ${/** @type {Error} */ (error).message}`);
  }
}

/**
 * Return the digest of a manifest: the SHA-256 of its text without spaces and without the digest itself.
 *
 * Python writes the names sorted. Numbers are hashed as they are written: other languages would write some differently.
 *
 * @param {string} text
 * @param {string} digest as the manifest states it
 */
function digestOf(text, digest) {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [];
  return sha256(new TextEncoder().encode(tokens.join("").replace(`"digest":"${digest}",`, "")));
}

/** @param {unknown} classes */
function checkClasses(classes) {
  const found = Array.isArray(classes) ? classes.toSorted().join() : "";
  if (!LABEL_SETS.some((labels) => labels.toSorted().join() === found)) {
    throw new DamagedPackage(`The package has the classes ${JSON.stringify(classes)}, which blastlens does not know.`);
  }
}
