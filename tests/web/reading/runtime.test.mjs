/** LiteRT in Node: the shipped graphs run, and what is no graph or was changed is refused. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { sha256 } from "../../../src/blastlens/web/reading/inference/manifest.js";
import { loadPackage } from "../../../src/blastlens/web/reading/inference/package.js";
import { readArrays } from "../../../src/blastlens/web/reading/inference/arrays.js";
import { openInNode } from "../../../src/blastlens/web/reading/runtime/node.js";
import { HASHES } from "../../../src/blastlens/web/reading/runtime/variants.js";

const WASM = "build/web-packages/node_modules/@litertjs/core/wasm";
const MODELS = "src/blastlens/models";
const skip = existsSync(WASM) ? false : "LiteRT.js is not installed: run `make web`.";

/** @param {string} name */
const reader = (name) => async (/** @type {string} */ file) => new Uint8Array(await readFile(join(MODELS, name, file)));

test("the wasm and its scripts are those whose hashes are pinned", { skip }, async () => {
  for (const [name, hash] of Object.entries(HASHES)) {
    assert.equal(await sha256(await readFile(join(WASM, name))), hash, name);
  }
});

test("a package with a changed file, a changed manifest or another format is refused", async () => {
  const read = reader("screening");
  const change = (/** @type {string} */ name, /** @type {(bytes: Uint8Array) => Uint8Array} */ edit) =>
    loadPackage(async (file) => (file === name ? edit(await read(file)) : read(file)));
  const rewrite = (/** @type {RegExp} */ from, /** @type {string} */ to) => (/** @type {Uint8Array} */ bytes) =>
    new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to));

  assert.equal((await loadPackage(read)).identity.name, "screening");
  await assert.rejects(change("cells.tflite", (bytes) => bytes.fill(1, 9, 10)), { name: "DamagedPackage" });
  await assert.rejects(change("manifest.json", rewrite(/"far": 2.0/, '"far": 3.0')), /digest does not match/);
  await assert.rejects(change("manifest.json", rewrite(/"format": 3/, '"format": 2')), /format 2/);
  await assert.rejects(change("manifest.json", rewrite(/\{/, "")), { name: "DamagedPackage" });
});

test("a graph's memory is used again after it was deleted, and what is no graph is refused", { skip }, async () => {
  const runtime = await openInNode(WASM);
  const { files } = await loadPackage(reader("screening"));
  const bytes = /** @type {Uint8Array} */ (files.get("model.tflite"));
  for (let round = 0; round < 3; round++) {
    const graph = runtime.compile(bytes);
    const outputs = graph.run({ original: new Float32Array(224 * 224 * 3) }, ["probabilities"]);
    assert.deepEqual(Object.keys(outputs), ["probabilities"]);
    graph.delete();
  }
  const used = runtime.memoryBytes;
  for (let round = 0; round < 5; round++) runtime.compile(bytes).delete();

  assert.equal(runtime.memoryBytes, used);
  assert.throws(() => runtime.compile(new Uint8Array(1000)), { name: "DamagedPackage" });
  assert.throws(() => runtime.compile(bytes.slice(0, 5000)), { name: "DamagedPackage" });
});

test("an input of another length is refused before the graph runs", { skip }, async () => {
  const runtime = await openInNode(WASM);
  const { files } = await loadPackage(reader("screening"));
  const graph = runtime.compile(/** @type {Uint8Array} */ (files.get("cells.tflite")));

  assert.throws(() => graph.run({ crops: new Float32Array(5) }), RangeError);
});

test("arrays of an archive keep their names and shapes; a cut or compressed archive is refused", async () => {
  const bytes = await readFile(join(MODELS, "screening/distance.npz"));
  const arrays = readArrays(bytes, "distance.npz");

  assert.deepEqual(arrays.components.shape, [1280, 6]);
  assert.equal(arrays.mean.data.length, 1280);
  assert.throws(() => readArrays(bytes.subarray(0, 9000), "distance.npz"), { name: "DamagedPackage" });
  const compressed = Uint8Array.from(bytes);
  const directory = compressed.length - 22 - new DataView(compressed.buffer).getUint32(compressed.length - 10, true);
  compressed[directory + 10] = 8;
  assert.throws(() => readArrays(compressed, "distance.npz"), /compressed/);
});
