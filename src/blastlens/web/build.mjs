/**
 * Build of the page: bundles, hashed names of assets, HTML files and printed sizes.
 *
 * Usage: node build.mjs PACKAGES OUT. PACKAGES holds node_modules, installed from the lock file; OUT is replaced.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { buildReading, listLicences } from "./build_reading.mjs";
import { findHeavy, measure, report } from "./build_sizes.mjs";

/** Folder of the sources, and the folder of the built page in which its HTML file lies. */
const PAGES = [
  { source: "clinic", target: "" },
  { source: "patient", target: "p" },
  { source: "screening", target: "screening" },
];

/** Page that reads images itself. */
const READS = "screening";

/** Within the scope of its service worker, which keeps it for use without a network. */
const LICENCES = "screening/licences.txt";

const SOURCES = dirname(fileURLToPath(import.meta.url));

/** @param {string} packages @param {string} out */
async function build(packages, out) {
  const esbuild = createRequire(join(packages, "package.json"))("esbuild");
  const pages = PAGES.filter((page) => existsSync(join(SOURCES, page.source, "main.js")));
  const next = `${out}.next`;
  await rm(next, { recursive: true, force: true });
  const reading = await buildReading(esbuild, options(packages), packages, next);
  const common = { ...options(packages), define: defineReading(reading) };
  const { metafile } = await esbuild.build({ ...common, ...bundleOptions(pages, next) });
  const outputs = relativeOutputs(metafile, next);
  await writeFile(join(next, LICENCES), await listLicences(packages, Object.keys(metafile.inputs)));
  const sizes = [];
  for (const page of pages) {
    const files = firstView(outputs, page.source);
    await writePage(page, files, next);
    const reads = page.source === READS;
    const assets = reads ? [...reachable(outputs, files), reading.worker.slice(1), LICENCES] : listFirst(files);
    await buildWorker(esbuild, common, page, assets, next);
    sizes.push(await measure(page, files, reads ? { assets, reading } : null, next));
  }
  await rm(out, { recursive: true, force: true });
  await rename(next, out);
  return sizes;
}

/** Return the addresses of what images are read with, as constants of the bundles. @param {object} reading */
function defineReading(reading) {
  return { "globalThis.READING": JSON.stringify(reading) };
}

/** Options of every bundle. @param {string} packages */
function options(packages) {
  return {
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome123", "firefox125", "safari17.5"],
    nodePaths: [join(packages, "node_modules")],
    legalComments: "linked",
    logLevel: "warning",
  };
}

/** @param {{source: string}[]} pages @param {string} out */
function bundleOptions(pages, out) {
  return {
    entryPoints: pages.flatMap(({ source }) => [
      { in: join(SOURCES, source, "main.js"), out: source },
      { in: join(SOURCES, source, "styles.css"), out: source },
    ]),
    splitting: true,
    metafile: true,
    outdir: out,
    entryNames: "assets/[name]-[hash]",
    chunkNames: "assets/[name]-[hash]",
    assetNames: "assets/[name]-[hash]",
    loader: { ".svg": "file", ".png": "file" },
  };
}

/** Return the outputs by their path below `out`. @param {any} metafile @param {string} out */
function relativeOutputs(metafile, out) {
  const root = resolve(out);
  return Object.fromEntries(
    Object.entries(metafile.outputs).map(([path, output]) => [resolve(path).slice(root.length + 1), output]),
  );
}

/**
 * Return what a page loads before it shows anything: its script, the modules that this one imports, and its styles.
 *
 * @param {Record<string, any>} outputs
 * @param {string} source
 */
function firstView(outputs, source) {
  const entry = (/** @type {string} */ file) =>
    Object.keys(outputs).find((path) => outputs[path].entryPoint?.endsWith(`web/${source}/${file}`));
  const script = /** @type {string} */ (entry("main.js"));
  const byName = indexByName(outputs);
  const modules = new Set();
  const pending = [script];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const one of outputs[path].imports) {
      const imported = byName.get(one.path.split("/").pop());
      if (one.kind === "import-statement" && imported && !modules.has(imported)) {
        modules.add(imported);
        pending.push(imported);
      }
    }
  }
  return { script, modules: [...modules], styles: /** @type {string} */ (entry("styles.css")) };
}

/** Return the paths of the outputs by the names of their files, which hold hashes. @param {Record<string, any>} outputs */
function indexByName(outputs) {
  return new Map(Object.keys(outputs).map((path) => [path.split("/").pop(), path]));
}

/**
 * Write the HTML file with the hashed names, and copy the page's static files beside it.
 *
 * @param {{source: string, target: string}} page
 * @param {{script: string, modules: string[], styles: string}} files
 * @param {string} out
 */
async function writePage(page, files, out) {
  const folder = join(out, page.target);
  await mkdir(folder, { recursive: true });
  const fixed = join(SOURCES, page.source, "static");
  if (existsSync(fixed)) await cp(fixed, folder, { recursive: true });
  const preloads = files.modules.map((path) => `<link rel="modulepreload" href="/${path}">`).join("");
  const source = await readFile(join(SOURCES, page.source, "index.html"), "utf8");
  const html = source
    .replace('<link rel="stylesheet" href="styles.css">', `<link rel="stylesheet" href="/${files.styles}">${preloads}`)
    .replace('src="main.js"', `src="/${files.script}"`);
  await writeFile(join(folder, "index.html"), html);
}

/** @param {{script: string, modules: string[], styles: string}} files */
function listFirst(files) {
  return [files.script, files.styles, ...files.modules];
}

/**
 * Return all scripts of a page, those that are loaded later too, and its styles.
 *
 * @param {Record<string, any>} outputs
 * @param {{script: string, styles: string}} files
 */
function reachable(outputs, { script, styles }) {
  const byName = indexByName(outputs);
  const found = new Set([script]);
  for (const path of found) {
    for (const one of outputs[path].imports) {
      const imported = byName.get(one.path.split("/").pop());
      if (imported) found.add(imported);
    }
  }
  return [...found, styles];
}

/**
 * Bundle a page's service worker to `service-worker.js` beside its HTML file.
 *
 * `ASSETS` lists the files to keep, and `VERSION` changes with them, with the HTML file and with the static files.
 *
 * @param {any} esbuild
 * @param {{define: Record<string, string>}} common
 * @param {{source: string, target: string}} page
 * @param {string[]} assets
 * @param {string} out
 */
async function buildWorker(esbuild, common, page, assets, out) {
  const worker = join(SOURCES, page.source, "service_worker.js");
  if (!existsSync(worker)) return;
  const paths = assets.map((path) => `/${path}`);
  const version = await hashPage(page, paths, out);
  await esbuild.build({
    ...common,
    entryPoints: [worker],
    outfile: join(out, page.target, "service-worker.js"),
    define: { ...common.define, ASSETS: JSON.stringify(paths), VERSION: JSON.stringify(version) },
  });
}

/** @param {{source: string, target: string}} page @param {string[]} paths @param {string} out */
async function hashPage(page, paths, out) {
  const hash = createHash("sha256").update(paths.toSorted().join("\n"));
  const fixed = join(SOURCES, page.source, "static");
  const names = existsSync(fixed) ? await readdir(fixed, { recursive: true, withFileTypes: true }) : [];
  const files = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  for (const file of [...files.sort(), join(out, page.target, "index.html")]) hash.update(await readFile(file));
  return hash.digest("hex").slice(0, 16);
}

const [packages, out] = process.argv.slice(2);
if (!packages || !out) {
  console.error("Usage: node build.mjs PACKAGES OUT");
  process.exit(2);
}
const sizes = await build(resolve(packages), resolve(out));
await report(sizes, out);
const heavy = findHeavy(sizes);
for (const sentence of heavy) console.error(sentence);
if (heavy.length > 0) process.exit(1);
