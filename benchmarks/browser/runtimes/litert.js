/** LiteRT as the page runs it. */

import { Runtime } from "/reading/runtime/litert.js";
import { chooseScript } from "/reading/runtime/variants.js";
import { loadScript } from "../runner.js";

/** @type {import("../runner.js").Load} */
export async function loadLitert(graph) {
  await loadScript(`/litert/${chooseScript()}`);
  const runtime = await Runtime.open(globalThis.ModuleFactory, { locateFile: (name) => `/litert/${name}` });
  const compiled = runtime.compile(new Uint8Array(await (await fetch(graph)).arrayBuffer()));
  return async (images) => Object.values(compiled.run(images));
}
