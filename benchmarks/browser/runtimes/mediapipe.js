/** MediaPipe's image classifier: it wants a graph with one image as input, one output, and metadata in the file. */

/** @type {import("../runner.js").Load} */
export async function loadMediapipe(graph, names, size) {
  const { FilesetResolver, ImageClassifier } = await import("/packages/@mediapipe/tasks-vision/vision_bundle.mjs");
  const files = await FilesetResolver.forVisionTasks("/packages/@mediapipe/tasks-vision/wasm");
  const classifier = await ImageClassifier.createFromOptions(files, { baseOptions: { modelAssetPath: graph } });
  return async (images) => {
    const pixels = new ImageData(size, size);
    images[names[0]].forEach((value, at) => (pixels.data[Math.floor(at / 3) * 4 + (at % 3)] = value));
    for (let at = 3; at < pixels.data.length; at += 4) pixels.data[at] = 255;
    const { categories } = classifier.classify(pixels).classifications[0];
    return [Float32Array.from(categories.sort((left, right) => left.index - right.index), ({ score }) => score)];
  };
}
