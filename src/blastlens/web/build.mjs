/**
 * Build of the page: bundles, hashed names of assets, HTML files and printed sizes.
 *
 * Usage: node build.mjs PACKAGES OUT. PACKAGES holds node_modules, installed from the lock file; OUT is replaced.
 */

import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

/** Most bytes of a page's first view, compressed by brotli: HTML, styles and every module that is loaded at once. */
const FIRST_VIEW_BYTES = 150_000;

/** Folder of the sources, and the folder of the built page in which its HTML file lies. */
const PAGES = [
  { source: "clinic", target: "" },
  { source: "patient", target: "p" },
];

const SOURCES = dirname(fileURLToPath(import.meta.url));

/** @param {string} packages @param {string} out */
async function build(packages, out) {
  const esbuild = createRequire(join(packages, "package.json"))("esbuild");
  const pages = PAGES.filter((page) => existsSync(join(SOURCES, page.source, "main.js")));
  const common = options(packages);
  const next = `${out}.next`;
  await rm(next, { recursive: true, force: true });
  const { metafile } = await esbuild.build({ ...common, ...bundleOptions(pages, next) });
  const outputs = relativeOutputs(metafile, next);
  const sizes = [];
  for (const page of pages) {
    const files = firstView(outputs, page.source);
    await writePage(page, files, next);
    await buildWorker(esbuild, common, page, files, next);
    sizes.push(await measure(page, files, next));
  }
  await rm(out, { recursive: true, force: true });
  await rename(next, out);
  return sizes;
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
  const byName = new Map(Object.keys(outputs).map((path) => [path.split("/").pop(), path]));
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

/**
 * Bundle a page's service worker to `service-worker.js` beside its HTML file; `ASSETS` lists the files to keep.
 *
 * @param {any} esbuild
 * @param {object} common
 * @param {{source: string, target: string}} page
 * @param {{script: string, modules: string[], styles: string}} files
 * @param {string} out
 */
async function buildWorker(esbuild, common, page, files, out) {
  const worker = join(SOURCES, page.source, "service_worker.js");
  if (!existsSync(worker)) return;
  const assets = [files.script, files.styles, ...files.modules].map((path) => `/${path}`);
  await esbuild.build({
    ...common,
    entryPoints: [worker],
    outfile: join(out, page.target, "service-worker.js"),
    define: { ASSETS: JSON.stringify(assets) },
  });
}

/**
 * Return the brotli sizes of a page's first view.
 *
 * @param {{source: string, target: string}} page
 * @param {{script: string, modules: string[], styles: string}} files
 * @param {string} out
 */
async function measure(page, files, out) {
  const paths = [join(page.target, "index.html"), files.styles, files.script, ...files.modules];
  const sizes = await Promise.all(
    paths.map(async (path) => ({ path, bytes: brotliCompressSync(await readFile(join(out, path))).length })),
  );
  return { page: page.source, bytes: sizes.reduce((sum, one) => sum + one.bytes, 0), files: sizes };
}

/** @param {Awaited<ReturnType<typeof measure>>[]} sizes @param {string} out */
async function report(sizes, out) {
  const later = (await readdir(join(out, "assets"))).filter((name) => name.endsWith(".js")).length;
  for (const one of sizes) {
    console.log(`${one.page}: ${(one.bytes / 1000).toFixed(1)} KB compressed in the first view`);
    for (const file of one.files) console.log(`  ${(file.bytes / 1000).toFixed(1).padStart(6)} KB  ${file.path}`);
  }
  console.log(`${later} modules in all: ${out}`);
}

const [packages, out] = process.argv.slice(2);
if (!packages || !out) {
  console.error("Usage: node build.mjs PACKAGES OUT");
  process.exit(2);
}
const sizes = await build(resolve(packages), resolve(out));
await report(sizes, out);
const heavy = sizes.filter((one) => one.bytes > FIRST_VIEW_BYTES).map((one) => one.page);
if (heavy.length > 0) {
  console.error(`The first view of ${heavy.join(" and ")} has more than ${FIRST_VIEW_BYTES / 1000} KB: load parts later.`);
  process.exit(1);
}
