/** LiteRT in a classic worker: its script is loaded by `importScripts`, its wasm from the same folder. */

import { NotLoaded } from "./fetch_file.js";
import { Runtime } from "./litert.js";
import { HASHES, chooseScript, hasWebAssembly, wasmOf } from "./variants.js";

/** A policy of its name is made once, also where the first attempt to load failed. @type {any} */
let policy = null;

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
 * @throws {NoWebAssembly | NotLoaded} the browser has none, or a file could not be loaded
 */
export async function openInWorker(folder) {
  if (!hasWebAssembly()) throw new NoWebAssembly();
  const script = chooseScript();
  const compiled = await compile(`${folder}${wasmOf(script)}`);
  const factory = loadScript(`${folder}${script}`);
  return new Promise((resolve, reject) => {
    const instantiateWasm = (/** @type {WebAssembly.Imports} */ imports, /** @type {(...made: any[]) => void} */ onMade) => {
      WebAssembly.instantiate(compiled, imports).then((instance) => onMade(instance, compiled)).catch(reject);
      return {};
    };
    Runtime.open(factory, { instantiateWasm }).then(resolve, reject);
  });
}

/** Compile the wasm while it loads. @param {string} address @returns {Promise<WebAssembly.Module>} @throws {NotLoaded} */
async function compile(address) {
  let response;
  try {
    response = await fetch(address);
  } catch (error) {
    throw new NotLoaded(address, error);
  }
  if (!response.ok) throw new NotLoaded(address, `status ${response.status}`);
  return WebAssembly.compileStreaming(response);
}

/** Run the script of the wasm, and return the function that it defines. @param {string} address @throws {NotLoaded} */
function loadScript(address) {
  const scope = /** @type {any} */ (globalThis);
  try {
    scope.importScripts(trusted(address));
  } catch (error) {
    throw new NotLoaded(address, error);
  }
  return scope.ModuleFactory;
}

/**
 * Return an address that `importScripts` takes under the policy of Trusted Types: only LiteRT's scripts are admitted.
 *
 * @param {string} address
 */
function trusted(address) {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  policy ??= types ? types.createPolicy("blastlens", { createScriptURL: admit }) : { createScriptURL: admit };
  return policy.createScriptURL(address);
}

/** @param {string} text */
function admit(text) {
  if (!Object.hasOwn(HASHES, text.slice(text.lastIndexOf("/") + 1))) throw new TypeError("This is not a script of LiteRT.");
  return text;
}
