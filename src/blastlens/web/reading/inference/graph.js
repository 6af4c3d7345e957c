/** Graph: a flatbuffer of a package, with the shapes that its model must have. */

import { DamagedPackage } from "../domain/errors.js";

/**
 * @typedef {Awaited<ReturnType<import("../runtime/litert.js").Runtime["compile"]>>} CompiledGraph
 * @typedef {Record<string, readonly number[]>} WantedShapes
 */

/**
 * Compile a graph of a package.
 *
 * @param {import("../runtime/litert.js").Runtime} runtime
 * @param {import("./package.js").ModelPackage} modelPackage
 * @param {string} file
 * @returns {CompiledGraph}
 * @throws {DamagedPackage} the file is missing, or it is not a graph
 */
export function openGraph(runtime, modelPackage, file) {
  const bytes = modelPackage.files.get(file);
  if (bytes === undefined) throw new DamagedPackage(`The package has no file ${file}.`);
  return runtime.compile(bytes);
}

/**
 * Check the inputs and outputs of a graph, and free it where it has others.
 *
 * @param {CompiledGraph} graph
 * @param {WantedShapes} inputs
 * @param {WantedShapes} outputs
 * @param {string} what it should be, for the message
 * @throws {DamagedPackage} it has others
 */
export function checkShapes(graph, inputs, outputs, what) {
  if (sameShapes(graph.inputs, inputs) && sameShapes(graph.outputs, outputs)) return;
  const found = [graph.inputs, graph.outputs].map((shapes) => JSON.stringify(Object.fromEntries(shapes)));
  graph.delete();
  throw new DamagedPackage(`A graph has the inputs ${found[0]} and outputs ${found[1]}: it is not ${what}.`);
}

/** @param {import("../runtime/litert.js").Shapes} found @param {WantedShapes} wanted */
function sameShapes(found, wanted) {
  return (
    found.size === Object.keys(wanted).length &&
    [...found].every(([name, shape]) => wanted[name] !== undefined && wanted[name].join() === shape.join())
  );
}
