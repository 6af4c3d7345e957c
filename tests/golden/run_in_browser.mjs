/** Reads the golden corpus in a browser: decoding in the page, everything else in the worker that is shipped. */

import { decode } from "/reading/decode/decode.js";

import { compareDecoded, compareReading, makeTable } from "./comparison.mjs";

/** @type {Record<string, import("./comparison.mjs").Bound>} */
const bounds = await (await fetch("/tests/bounds.json")).json();
export const { fields, files } = await (await fetch("/golden/index.json")).json();

/** @type {Worker | null} */
let worker = null;
let count = 0;

/**
 * Start the shipped worker and load a package.
 *
 * @param {string} script address of the worker
 * @param {string} name of the package
 * @param {string} base address of the package
 */
export async function load(script, name, base) {
  worker ??= new Worker(script);
  return request({ kind: "load", package: name, base, bytes: 1 });
}

/**
 * Send a request to the worker, and return its answer.
 *
 * @param {Record<string, any>} message
 * @param {(name: string, value: any) => void} [onStep]
 * @returns {Promise<any>}
 */
function request(message, onStep = () => {}) {
  const id = ++count;
  const target = /** @type {Worker} */ (worker);
  return new Promise((resolve, reject) => {
    target.onerror = (event) => reject(new Error(event.message));
    target.onmessage = ({ data }) => {
      if (data.id !== id) return;
      if ("step" in data) onStep(data.step.name, data.step.value);
      if ("result" in data) resolve(data.result);
      if ("error" in data) reject(new Error(`${data.error.name}: ${data.error.message}`));
    };
    target.postMessage({ ...message, id });
  });
}

/** @param {...string} parts @returns {(stored: any) => Promise<Uint8Array>} */
const loader = (...parts) => async (stored) => {
  const packed = await (await fetch(["/golden", ...parts, stored.file].join("/"))).blob();
  return new Uint8Array(await new Response(packed.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
};

/** @param {...string} name of a file in the corpus */
async function fetchFile(...name) {
  return (await fetch(["/golden", ...name].join("/"))).blob();
}

/** Decode a field's file and compare its pixels and the resolution that it states. @param {any} field */
export async function compareFile(field) {
  const { raster, um } = await decode(await fetchFile(field.name, "file"));
  const bound = field.is_exact ? 0 : bounds.decode.bound;
  const compared = await compareDecoded(field.decode, raster, bound, loader(field.name));
  const isSame = um === null ? field.um_in_file === null : Math.abs(um - field.um_in_file) < 1e-9;
  return isSame ? compared : { ...compared, difference: Infinity, detail: `${um} um instead of ${field.um_in_file}` };
}

/**
 * Let the worker read a field's file, and compare each step.
 *
 * @param {any} field
 * @param {string} name of a loaded package
 */
export async function compareRead(field, name) {
  const steps = new Map();
  const image = await fetchFile(field.name, "file");
  const message = { kind: "read", image, declared_um: field.declared?.um ?? null, package: name, steps: true };
  const answer = await request(message, (step, value) => steps.set(step, value));
  return compareReading(asDeclaredHere(field.readings[name]), { steps, answer }, bounds, loader(field.name, name));
}

/** Return a reading as the page's: a pixel size declared there is never that of a microscope's configuration. @param {any} reading */
function asDeclaredHere(reading) {
  const size = reading.steps.pixel_size;
  if (size?.source !== "device") return reading;
  return { ...reading, steps: { ...reading.steps, pixel_size: { ...size, source: "metadata" } } };
}

/** Return why a file is refused; null where it is decoded. @param {string} name */
export async function findReason(name) {
  try {
    await decode(await fetchFile("files", name));
    return null;
  } catch (error) {
    const { reason, message } = /** @type {any} */ (error);
    return reason ?? `not a refusal: ${message}`;
  }
}

/** @param {{field: string, differences: any[]}[]} compared */
export const table = (compared) => makeTable(compared, bounds);
