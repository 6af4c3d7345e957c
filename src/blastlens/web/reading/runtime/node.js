/** LiteRT in Node, for tests: the wasm's script is a classic one, and is run as a function. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { compileFunction } from "node:vm";

import { Runtime } from "./litert.js";
import { chooseScript } from "./variants.js";

/**
 * @param {string} folder of the wasm, such as build/web-packages/node_modules/@litertjs/core/wasm
 * @param {string} script one of the two; by default the one that this Node can run
 */
export async function openInNode(folder, script = chooseScript()) {
  const file = resolve(folder, script);
  const source = `${await readFile(file, "utf8")}\nreturn ModuleFactory;`;
  const load = compileFunction(source, ["require", "__filename", "__dirname"], { filename: file });
  return Runtime.open(load(createRequire(file), file, dirname(file)));
}
