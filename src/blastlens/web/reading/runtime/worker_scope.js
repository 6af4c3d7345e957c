/** LiteRT in a classic worker: its script is loaded by `importScripts`, its wasm from the same folder. */

import { Runtime } from "./litert.js";
import { HASHES, chooseScript, hasWebAssembly } from "./variants.js";

/** This browser cannot run the models. */
export class NoWebAssembly extends Error {
  constructor() {
    super("This browser does not run WebAssembly.");
    this.name = "NoWebAssembly";
  }
}

/**
 * @param {string} folder path of the folder with the script and the wasm, ending with a slash
 * @returns {Promise<Runtime>}
 * @throws {NoWebAssembly} the browser has none, or forbids it
 */
export async function openInWorker(folder) {
  if (!hasWebAssembly()) throw new NoWebAssembly();
  const scope = /** @type {any} */ (globalThis);
  scope.importScripts(trusted(`${folder}${chooseScript()}`));
  return Runtime.open(scope.ModuleFactory, { locateFile: (/** @type {string} */ name) => `${folder}${name}` });
}

/**
 * Return an address that `importScripts` takes under the policy of Trusted Types: only LiteRT's scripts are admitted.
 *
 * @param {string} address
 */
function trusted(address) {
  const admit = (/** @type {string} */ text) => {
    if (!Object.hasOwn(HASHES, text.slice(text.lastIndexOf("/") + 1))) throw new TypeError("This is not a script of LiteRT.");
    return text;
  };
  const types = /** @type {any} */ (globalThis).trustedTypes;
  return types ? types.createPolicy("blastlens", { createScriptURL: admit }).createScriptURL(address) : admit(address);
}
