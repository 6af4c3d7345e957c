/** Runs calls of the reading engine that a test wrote down, and writes their values beside them. See node_calls.py. */

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const ENGINE = resolve("src/blastlens/web/reading");
const { Raster } = await load("raster.js");
const KINDS = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };

const [folder] = process.argv.slice(2);
const calls = JSON.parse(readFileSync(join(folder, "calls.json"), "utf8"));
const values = [];
for (const { module, expression, given } of calls) {
  const evaluate = new Function("module", "given", "load", `return (${expression});`);
  values.push(encode(await evaluate(await load(module), decode(given), load), `value-${values.length}`));
}
writeFileSync(join(folder, "values.json"), JSON.stringify(values));

/** @param {string} module */
async function load(module) {
  return await import(pathToFileURL(join(ENGINE, module)).href);
}

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  if (value.number !== undefined) return Number(value.number);
  if (value.file === undefined) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decode(each)]));
  const bytes = Uint8Array.from(readFileSync(join(folder, value.file)));
  const data = new KINDS[value.kind](bytes.buffer);
  if (value.shape.length === 1) return data;
  return new Raster(value.shape[1], value.shape[0], value.shape[2] ?? 1, data);
}

function encode(value, name) {
  if (typeof value === "number" && !Number.isFinite(value)) return { number: String(value) };
  if (value === null || typeof value !== "object") return value;
  if (ArrayBuffer.isView(value)) return write(value, [value.length], name);
  if (value instanceof Raster) {
    return write(value.data, [value.height, value.width, ...(value.channels > 1 ? [value.channels] : [])], name);
  }
  if (Array.isArray(value)) return value.map((each, place) => encode(each, `${name}-${place}`));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, encode(each, `${name}-${key}`)]));
}

function write(data, shape, file) {
  const [kind] = Object.entries(KINDS).find(([, Kind]) => data instanceof Kind) ?? ["uint8"];
  writeFileSync(join(folder, file), data);
  return { file, kind, shape };
}
