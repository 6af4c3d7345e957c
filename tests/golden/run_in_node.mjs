/** Reads the golden corpus in Node: `node run_in_node.mjs FOLDER WASM MODELS` writes differences-node.json into it. */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import { FieldReader } from "../../src/blastlens/web/reading/inference/field.js";
import { loadPackage } from "../../src/blastlens/web/reading/inference/package.js";
import { makePixelSize, declarePixelSize } from "../../src/blastlens/web/reading/domain/field.js";
import { Raster } from "../../src/blastlens/web/reading/raster.js";
import { openInNode } from "../../src/blastlens/web/reading/runtime/node.js";
import { compareReading, makeTable } from "./comparison.mjs";

const unpack = promisify(gunzip);
const [folder, wasm, models] = process.argv.slice(2);
const bounds = JSON.parse(await readFile(new URL("bounds.json", import.meta.url), "utf8"));
const { fields } = JSON.parse(await readFile(join(folder, "index.json"), "utf8"));

/** @param {...string} parts @returns {(stored: any) => Promise<Uint8Array>} */
const loader = (...parts) => async (stored) => new Uint8Array(await unpack(await readFile(join(folder, ...parts, stored.file))));

/** Return the pixel size declared with a field, or stated in its file. @param {any} field */
function declared(field) {
  if (field.declared !== null) return declarePixelSize(field.declared.um, field.declared.source);
  return field.um_in_file === null ? null : makePixelSize(field.um_in_file, "file", 0.05);
}

const runtime = await openInNode(wasm);
/** @type {any[]} */
const compared = [];
for (const name of ["screening", "fusion", "strict"]) {
  const chosen = fields.filter((/** @type {any} */ field) => name in field.readings);
  if (chosen.length === 0) continue;
  const reader = new FieldReader(await loadPackage(async (file) => new Uint8Array(await readFile(join(name === "strict" ? folder : models, name, file)))), runtime);
  for (const field of chosen) {
    const { width, height, channels } = field.decode;
    const image = new Raster(width, height, channels, await loader(field.name)(field.decode));
    const steps = new Map();
    const started = performance.now();
    let differences;
    try {
      const answer = reader.read(image, { declared: declared(field), onStep: (step, value) => steps.set(step, value) });
      differences = await compareReading(field.readings[name], { steps, answer }, bounds, loader(field.name, name));
    } catch (error) {
      differences = [{ step: "answer", difference: Infinity, bound: 0, detail: String(/** @type {any} */ (error).stack ?? error) }];
    }
    compared.push({ field: `${field.name} (${name})`, seconds: (performance.now() - started) / 1000, differences });
  }
  reader.close();
}
await writeFile(join(folder, "differences-node.json"), JSON.stringify({ table: makeTable(compared, bounds), fields: compared }, (_, value) => (value === Infinity ? "Infinity" : value)));
console.log(makeTable(compared, bounds));
