/**
 * Build of what the screening page reads images with: model packages, LiteRT's wasm and the reading worker.
 *
 * All of it lies below /screening/, the scope of the page's service worker: a worker elsewhere has no files offline.
 */

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { loadPackage, MANIFEST_FILE } from "./reading/inference/package.js";
import { HASHES, VERSION, wasmOf } from "./reading/runtime/variants.js";

const SOURCES = dirname(fileURLToPath(import.meta.url));
const MODELS = join(SOURCES, "../models");

/** Packages that the page offers. */
const PACKAGES = ["screening", "fusion"];

/** What the wasm of LiteRT contains of other projects, as its strings show; its npm package has no list of them. */
const WITHIN_WASM = [
  "Abseil (Apache-2.0) https://github.com/abseil/abseil-cpp",
  "Eigen (MPL-2.0) https://gitlab.com/libeigen/eigen",
  "Emscripten's runtime and libc++ (MIT, NCSA, Apache-2.0 with LLVM exceptions) https://github.com/emscripten-core/emscripten",
  "FlatBuffers (Apache-2.0) https://github.com/google/flatbuffers",
  "gemmlowp (Apache-2.0) https://github.com/google/gemmlowp",
  "Protocol Buffers (BSD-3-Clause) https://github.com/protocolbuffers/protobuf",
  "ruy (Apache-2.0) https://github.com/google/ruy",
  "TensorFlow Lite (Apache-2.0) https://github.com/tensorflow/tensorflow",
  "XNNPACK (BSD-3-Clause) https://github.com/google/XNNPACK",
];

const LITERT = `screening/litert/${VERSION}`;

/**
 * Write packages, wasm and worker below `out`, and return their addresses, which reading/served.js describes.
 *
 * @param {any} esbuild
 * @param {object} options of every bundle
 * @param {string} packages folder with node_modules
 * @param {string} out
 * @returns {Promise<import("./reading/served.js").Served>}
 * @throws {Error} a file of LiteRT or of a package is not the one that is expected
 */
export async function buildReading(esbuild, options, packages, out) {
  const runtimes = await copyRuntimes(join(packages, "node_modules/@litertjs/core"), out);
  const copied = await Promise.all(PACKAGES.map(async (name) => [name, await copyPackage(name, out)]));
  return { worker: await bundleWorker(esbuild, options, out), runtimes, packages: Object.fromEntries(copied) };
}

/**
 * Copy the scripts and the wasm of LiteRT whose hashes are pinned.
 *
 * @param {string} source folder of the npm package
 * @param {string} out
 */
async function copyRuntimes(source, out) {
  const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  if (version !== VERSION) throw new Error(`@litertjs/core has version ${version}, and reading/runtime/variants.js ${VERSION}.`);
  for (const [name, hash] of Object.entries(HASHES)) {
    const bytes = await readFile(join(source, "wasm", name));
    if (sha256(bytes) !== hash) throw new Error(`${name} of @litertjs/core is not the file whose SHA-256 is pinned.`);
    await write(join(out, LITERT, name), bytes);
  }
  const scripts = Object.keys(HASHES).filter((name) => name.endsWith(".js"));
  const sizes = scripts.map(async (script) => [script, await listFiles(out, LITERT, [script, wasmOf(script)])]);
  return Object.fromEntries(await Promise.all(sizes));
}

/**
 * Copy a model package unchanged: its manifest and the files that fields are read with.
 *
 * @param {string} name
 * @param {string} out
 * @returns {Promise<import("./reading/served.js").ServedPackage>}
 */
async function copyPackage(name, out) {
  const { manifest, identity } = await loadPackage(async (file) => new Uint8Array(await readFile(join(MODELS, name, file))));
  const names = [MANIFEST_FILE, manifest.scale.file, manifest.cells.file, manifest.weights.file];
  if (manifest.distance !== null) names.push("distance.npz");
  const folder = `screening/models/${name}/${identity.digest}`;
  for (const file of names) {
    await mkdir(join(out, folder), { recursive: true });
    await cp(join(MODELS, name, file), join(out, folder, file));
  }
  const files = await listFiles(out, folder, names);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { base: `/${folder}/`, version: identity.version, digest: identity.digest, files, bytes };
}

/**
 * Bundle the reading worker as a classic script, in a folder that is named by its content.
 *
 * @param {any} esbuild
 * @param {object} options
 * @param {string} out
 * @returns {Promise<string>} its address
 */
async function bundleWorker(esbuild, options, out) {
  const { outputFiles } = await esbuild.build({
    ...options,
    format: "iife",
    write: false,
    outdir: out,
    legalComments: "none",
    entryPoints: [join(SOURCES, "reading/reading_worker.js")],
    define: { "globalThis.LITERT_FOLDER": JSON.stringify(`/${LITERT}/`) },
  });
  const [{ contents }] = outputFiles;
  const path = `screening/litert/${sha256(contents).slice(0, 16)}/reading-worker.js`;
  await write(join(out, path), contents);
  return `/${path}`;
}

/** @param {string} out @param {string} folder @param {string[]} names */
async function listFiles(out, folder, names) {
  return Promise.all(
    names.map(async (name) => ({ path: `/${folder}/${name}`, bytes: (await readFile(join(out, folder, name))).length })),
  );
}

/** @param {string} file @param {Uint8Array} bytes */
async function write(file, bytes) {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

/** @param {Uint8Array} bytes */
function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/**
 * Return the licences of what the pages contain of others: the npm packages of the bundles, and LiteRT.
 *
 * @param {string} packages folder with node_modules
 * @param {string[]} inputs paths of the bundled modules
 * @returns {Promise<string>}
 */
export async function listLicences(packages, inputs) {
  const found = inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const names = new Set(["@litertjs/core", ...found.filter((name) => name !== undefined)]);
  const parts = await Promise.all([...names].sort().map((name) => describeLicence(join(packages, "node_modules", name))));
  return [
    "Licences of the software that the pages of blastlens contain.",
    "The code of blastlens is under the Apache License 2.0, whose text is the last part. The weights of its model packages\n" +
      "were trained on data whose licences could not be verified: docs/model-card.md says which.",
    ...parts,
    `The wasm of @litertjs/core contains parts of these projects, whose licences lie at their addresses:\n\n${WITHIN_WASM.join("\n")}`,
    `Apache License 2.0\n\n${await readFile(join(SOURCES, "../../../LICENSE"), "utf8")}`,
  ].join(`\n\n${"-".repeat(80)}\n\n`);
}

/** @param {string} folder of an npm package */
async function describeLicence(folder) {
  const { name, version, license, repository } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? `Licensed under ${license}; the text is below.` : await readFile(join(folder, file), "utf8");
  const address = typeof repository === "string" ? repository : (repository?.url ?? "");
  return `${name} ${version} (${license})\n${address}\n\n${text.trim()}`;
}
