/** onnxruntime-web in WebAssembly, with the graph converted to ONNX: float32 weights, images by channels. */

import { loadScript } from "../runner.js";

const PACKAGE = "/packages/onnxruntime-web/dist/";

/** @type {import("../runner.js").Load} */
export async function loadOnnx(graph, names, size) {
  await loadScript(`${PACKAGE}ort.wasm.min.js`);
  const { ort } = globalThis;
  ort.env.wasm.wasmPaths = PACKAGE;
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"] });
  return async (images) => {
    const given = names.map((name) => [name, new ort.Tensor("float32", byChannels(images[name], size), [1, 3, size, size])]);
    return Object.values(await session.run(Object.fromEntries(given))).map(({ data }) => data);
  };
}

/** @param {Float32Array} image (H, W, 3) @param {number} size @returns {Float32Array} (3, H, W) */
function byChannels(image, size) {
  const pixels = size * size;
  const turned = new Float32Array(image.length);
  for (let at = 0; at < pixels; at += 1) for (let channel = 0; channel < 3; channel += 1) turned[channel * pixels + at] = image[3 * at + channel];
  return turned;
}
