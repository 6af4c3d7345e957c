/** Reader of fields: the reading worker with a model package, loaded when the first field is read. */

import { ReadingClient } from "../reading/client.js";
import { readPreference, writePreference } from "../shared/preferences.js";
import { hasPackage, replacePackage } from "./store/installation.js";

/** @typedef {import("./core/screening.js").Verdict} Verdict */
/** @typedef {"screening" | "fusion"} PackageName */

/** Least memory of a device, in gigabytes, for the larger package; browsers that do not say are trusted to have it. */
const LEAST_GIGABYTES = 4;

/** Whether the browser can run a model at all. */
export function canRead() {
  return typeof WebAssembly === "object" && typeof Worker === "function";
}

/** Whether this device may have the memory and room for a package of so many bytes. @param {number} bytes @param {number | null} free bytes; null where unknown */
export function hasRoomFor(bytes, free) {
  const gigabytes = /** @type {any} */ (navigator).deviceMemory ?? LEAST_GIGABYTES;
  return gigabytes >= LEAST_GIGABYTES && (free === null || free > 3 * bytes);
}

/** Package that was chosen for this device. @returns {PackageName} */
export function chosenPackage() {
  return readPreference("reading_package") === "fusion" ? "fusion" : "screening";
}

/** Choose the package of this device; it is used from the next loading on. @param {PackageName} name */
export function choosePackage(name) {
  writePreference("reading_package", name === "screening" ? null : name);
}

export class Reader {
  constructor() {
    /** @type {ReadingClient | null} */
    this._client = null;
    /** @type {Promise<PackageName> | null} */
    this._loading = null;
  }

  /**
   * Load the model; once is enough.
   *
   * @returns {Promise<unknown>}
   * @throws {Error} there is none now, as without a network before it was kept here; or never, by the name NoWebAssembly.
   */
  load() {
    if (!canRead()) return Promise.reject(Object.assign(new Error("This browser has no WebAssembly."), { name: "NoWebAssembly" }));
    this._loading ??= this._load().catch((error) => {
      this._loading = null;
      throw error;
    });
    return this._loading;
  }

  /** @returns {Promise<PackageName>} */
  async _load() {
    const chosen = chosenPackage();
    // The larger package may have been erased: the smaller one reads too.
    const name = chosen === "screening" || (await hasPackage(chosen)) ? chosen : "screening";
    this._client ??= new ReadingClient();
    try {
      await this._client.load(name);
    } catch (/** @type {any} */ error) {
      // The browser's cache has a damaged file: it is loaded again, once.
      if (error?.name !== "DamagedPackage" || !(await replacePackage(name))) throw error;
      await this._client.load(name);
    }
    return name;
  }

  /** @param {Blob} image @returns {Promise<Verdict>} */
  async read(image) {
    const name = await this.load();
    return /** @type {any} */ (await /** @type {ReadingClient} */ (this._client).read(image, { package: /** @type {string} */ (name) }));
  }

  /** Give the memory of the model back. */
  close() {
    this._client?.close();
    this._client = null;
    this._loading = null;
  }
}
