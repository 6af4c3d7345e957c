/** Model packages: folders with manifest.json and the files that it lists, each checked by its SHA-256. */

import { DamagedPackage } from "../domain/errors.js";
import { parseManifest, sha256 } from "./manifest.js";

export const MANIFEST_FILE = "manifest.json";

/** Statistics of the training data (distance.js). */
export const DISTANCE_FILE = "distance.npz";

/** Identity of a model package, as records have it. @typedef {{name: string, version: string, digest: string}} ModelIdentity */

/**
 * A package whose files were checked. Grad-CAM's `head.npz` is not loaded: no heat map is drawn here.
 *
 * @typedef {object} ModelPackage
 * @property {import("./manifest.js").Manifest} manifest
 * @property {ModelIdentity} identity
 * @property {Map<string, Uint8Array>} files by name
 */

/**
 * Load a package, and check the SHA-256 of each file.
 *
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read returns a file of the package's folder
 * @returns {Promise<ModelPackage>}
 * @throws {DamagedPackage} a file was changed, the manifest is invalid, or the package cannot read fields of any scale
 */
export async function loadPackage(read) {
  const manifest = await parseManifest(new TextDecoder().decode(await read(MANIFEST_FILE)));
  const files = new Map(await Promise.all(listFiles(manifest).map(([file, hash]) => readChecked(read, file, hash))));
  const { name, version, digest } = manifest;
  return { manifest, identity: { name, version, digest }, files };
}

/**
 * Return a file with its name.
 *
 * @param {(name: string) => Promise<Uint8Array<ArrayBuffer>>} read
 * @param {string} file
 * @param {string} hash its SHA-256
 * @returns {Promise<[string, Uint8Array]>}
 * @throws {DamagedPackage} it has another one
 */
async function readChecked(read, file, hash) {
  const bytes = await read(file);
  if ((await sha256(bytes)) !== hash) {
    throw new DamagedPackage(`${file} was changed after the package was made: its SHA-256 does not match.`);
  }
  return [file, bytes];
}

/**
 * Return the name and SHA-256 of each file that a package needs to read fields, beside its manifest.
 *
 * @param {import("./manifest.js").Manifest} manifest
 * @returns {[string, string][]}
 */
export function listFiles(manifest) {
  const graphs = [manifest.weights, manifest.scale, manifest.cells];
  /** @type {[string, string][]} */
  const files = graphs.map((graph) => [graph.file, graph.sha256]);
  if (manifest.distance !== null) files.push([DISTANCE_FILE, manifest.files[DISTANCE_FILE] ?? ""]);
  return files;
}
