/** Loads a graph with one runtime, runs it, and returns times and probabilities. Driven by browser_runtimes.py. */

import { loadLitert } from "./runtimes/litert.js";
import { loadMediapipe } from "./runtimes/mediapipe.js";
import { loadOnnx } from "./runtimes/onnx.js";
import { loadTflite } from "./runtimes/tflite.js";

/**
 * A runtime's way to a graph that can be run on images.
 *
 * @typedef {(graph: string, names: string[], size: number) => Promise<Run>} Load
 * @typedef {(images: Record<string, Float32Array>) => Promise<Float32Array[]>} Run outputs in any order
 */

/** @type {Record<string, Load>} */
const LOADERS = { litert: loadLitert, mediapipe: loadMediapipe, onnx: loadOnnx, tflite: loadTflite };

/**
 * @param {object} asked
 * @param {string} asked.loader name in LOADERS
 * @param {string} asked.graph address of the file
 * @param {string} asked.images address of the float32 inputs of all images, one after the other
 * @param {string[]} asked.names of the inputs, in the order of the file
 * @param {number} asked.size side of the inputs in pixels
 * @param {number} asked.classes number of probabilities
 */
async function measure({ loader, graph, images, names, size, classes }) {
  const inputs = await readImages(images, names, size);
  const begun = performance.now();
  const run = await LOADERS[loader](graph, names, size);
  const loadMs = performance.now() - begun;
  const times = [];
  const probabilities = [];
  for (const image of inputs) {
    const start = performance.now();
    const outputs = await run(image);
    times.push(performance.now() - start);
    probabilities.push(Array.from(outputs.find(({ length }) => length === classes) ?? []));
  }
  return { loadMs, firstMs: times[0], warmMs: median(times.slice(1)), probabilities };
}

/** @param {string} address @param {string[]} names @param {number} size */
async function readImages(address, names, size) {
  const all = new Float32Array(await (await fetch(address)).arrayBuffer());
  const length = size * size * 3;
  const count = all.length / length / names.length;
  return Array.from({ length: count }, (_, image) =>
    Object.fromEntries(names.map((name, at) => [name, all.slice((image * names.length + at) * length).subarray(0, length)])),
  );
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Load a classic script that defines globals. @param {string} address */
export function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${address} cannot be loaded`));
    document.head.append(script);
  });
}

globalThis.measure = measure;
