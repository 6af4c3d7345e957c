/** tfjs-tflite: TensorFlow Lite in WebAssembly, on tensors of TensorFlow.js. */

import { loadScript } from "../runner.js";

const PACKAGES = "/packages/@tensorflow";

/** @type {import("../runner.js").Load} */
export async function loadTflite(graph, names, size) {
  await loadScript(`${PACKAGES}/tfjs-core/dist/tf-core.min.js`);
  await loadScript(`${PACKAGES}/tfjs-backend-cpu/dist/tf-backend-cpu.min.js`);
  await loadScript(`${PACKAGES}/tfjs-tflite/dist/tf-tflite.min.js`);
  const { tf, tflite } = globalThis;
  await tf.setBackend("cpu");
  tflite.setWasmPath(`${PACKAGES}/tfjs-tflite/wasm/`);
  const model = await tflite.loadTFLiteModel(graph, { numThreads: 1 });
  const shape = [1, size, size, 3];
  return async (images) => {
    const given = model.inputs.map(({ name }) => tf.tensor(images[names.find((one) => name.includes(one)) ?? names[0]], shape));
    const returned = await model.predict(given.length === 1 ? given[0] : given);
    const tensors = Array.isArray(returned) ? returned : "dataSync" in returned ? [returned] : Object.values(returned);
    const values = tensors.map((tensor) => Float32Array.from(tensor.dataSync()));
    [...given, ...tensors].forEach((tensor) => tensor.dispose());
    return values;
  };
}
