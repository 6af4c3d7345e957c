/** Reader of fields: the reading worker with the screening package, loaded when the first field is read. */

import { ReadingClient } from "../reading/client.js";

/** @typedef {import("./core/screening.js").Verdict} Verdict */

/** Whether the browser can run the model. */
export function canRead() {
  return typeof WebAssembly === "object" && typeof Worker === "function";
}

export class Reader {
  constructor() {
    /** @type {ReadingClient | null} */
    this._client = null;
    /** @type {Promise<void> | null} */
    this._loading = null;
  }

  /**
   * Load the model; once is enough.
   *
   * @returns {Promise<void>}
   * @throws {Error} there is none now, as without a network before it was kept here; or never, by the name NoWebAssembly.
   */
  load() {
    this._loading ??= this._load().catch((error) => {
      this._loading = null;
      throw error;
    });
    return this._loading;
  }

  async _load() {
    this._client ??= new ReadingClient();
    await this._client.load("screening");
  }

  /** @param {Blob} image @returns {Promise<Verdict>} */
  async read(image) {
    return /** @type {any} */ (await /** @type {ReadingClient} */ (this._client).read(image));
  }

  /** Give the memory of the model back. */
  close() {
    this._client?.close();
    this._client = null;
    this._loading = null;
  }
}
