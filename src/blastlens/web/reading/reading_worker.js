/**
 * The reading worker: a classic worker that loads model packages and reads images, one after the other.
 *
 * `LITERT_FOLDER` is the address of LiteRT's folder; the build defines it. messages.js describes what is sent.
 */

import { decode } from "./decode/decode.js";
import { UploadRefused } from "./domain/errors.js";
import { declarePixelSize } from "./domain/field.js";
import { sizeInFile } from "./imaging/pixel_size.js";
import { FieldReader } from "./inference/field.js";
import { loadPackage } from "./inference/package.js";
import { release } from "./raster.js";
import { fetchFile } from "./runtime/fetch_file.js";
import { openInWorker } from "./runtime/worker_scope.js";

/** @typedef {import("./messages.js").WorkerRequest} WorkerRequest */
/** @typedef {import("./messages.js").LoadRequest} LoadRequest */
/** @typedef {import("./messages.js").ReadRequest} ReadRequest */
/** @typedef {import("./messages.js").ProgressStep} ProgressStep */
/** @typedef {import("./runtime/litert.js").Runtime} Runtime */

/** Limits of a pixel size that a light microscope can have, in micrometres. */
const [LEAST_UM, LARGEST_UM] = [0.01, 10];

const scope = /** @type {any} */ (globalThis);

/** @type {Promise<Runtime> | null} */
let runtime = null;
/** Readers by the address of their package. @type {Map<string, {name: string, reader: FieldReader}>} */
const readers = new Map();
/** @type {Map<number, AbortController>} */
const running = new Map();
let last = Promise.resolve();

scope.onmessage = (/** @type {{data: WorkerRequest}} */ { data: request }) => {
  if (request.kind === "abort") {
    running.get(request.id)?.abort();
    return;
  }
  running.set(request.id, new AbortController());
  last = last.then(() => answer(request));
};

/** @param {LoadRequest | ReadRequest} request */
async function answer(request) {
  const { id } = request;
  const signal = /** @type {AbortController} */ (running.get(id)).signal;
  try {
    signal.throwIfAborted();
    const result = request.kind === "load" ? await load(request, signal) : await read(request);
    scope.postMessage({ id, result });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const reason = error instanceof UploadRefused ? error.reason : null;
    scope.postMessage({ id, error: { name, reason, message }, isFatal: isFatal(error) });
  } finally {
    running.delete(id);
  }
}

/**
 * Load a package, unless it is loaded.
 *
 * @param {LoadRequest} request
 * @param {AbortSignal} signal
 */
async function load({ id, package: name, base, bytes }, signal) {
  const loaded = readers.get(base);
  if (loaded !== undefined) return loaded.reader.answers.model;
  report(id, "runtime", 0);
  let received = 0;
  const count = (/** @type {number} */ length) => {
    received += length;
    report(id, "package", Math.min(1, received / bytes));
  };
  const [wasm, modelPackage] = await Promise.all([
    openRuntime().finally(() => report(id, "runtime", 1)),
    loadPackage((file) => fetchFile(`${base}${file}`, signal, count)),
  ]);
  const reader = new FieldReader(modelPackage, wasm);
  readers.set(base, { name, reader });
  return modelPackage.identity;
}

/** Open the wasm once; a failed attempt is not kept. @returns {Promise<Runtime>} */
function openRuntime() {
  const folder = /** @type {any} */ (globalThis).LITERT_FOLDER;
  runtime ??= openInWorker(folder).catch((error) => {
    runtime = null;
    throw error;
  });
  return runtime;
}

/** Read an image. @param {ReadRequest} request */
async function read({ id, image, declared_um: um, package: wanted, steps }) {
  const found = [...readers.values()].findLast(({ name }) => wanted === undefined || name === wanted);
  if (found === undefined) throw new Error("No package is loaded.");
  const { reader } = found;
  try {
    report(id, "decode", 0);
    const { raster, um: inFile } = await decode(image);
    report(id, "decode", 1);
    const isUnusable = um !== null && !(um >= LEAST_UM && um <= LARGEST_UM);
    const declared = um === null || isUnusable ? sizeInFile(inFile) : declarePixelSize(um);
    const onProgress = (/** @type {ProgressStep} */ step, /** @type {number} */ share) => report(id, step, share);
    const onStep = (/** @type {string} */ name, /** @type {any} */ value) => scope.postMessage({ id, step: { name, value } });
    const options = { declared, onProgress, isSpent: true };
    const result = reader.read(raster, steps ? { ...options, onStep } : options);
    release(raster);
    return isUnusable ? addUnusable(result) : result;
  } catch (error) {
    if (!(error instanceof UploadRefused)) throw error;
    return reader.answers.reject(error);
  }
}

/**
 * Add the caution that the declared pixel size is not one of a light microscope.
 *
 * @param {import("./inference/answers.js").FieldResult} result
 */
function addUnusable(result) {
  if (result.field === null) return result;
  const cautions = [...new Set([...result.field.cautions, "declared_unusable"])];
  return { ...result, field: { ...result.field, cautions } };
}

/** @param {number} id @param {ProgressStep} step @param {number} share */
function report(id, step, share) {
  scope.postMessage({ id, progress: { step, share } });
}

/** Return whether the wasm's state is unknown after an error: out of memory, or a trap. @param {unknown} error */
function isFatal(error) {
  return error instanceof RangeError || (typeof WebAssembly === "object" && error instanceof WebAssembly.RuntimeError);
}
