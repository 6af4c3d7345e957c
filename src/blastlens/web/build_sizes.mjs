/** Sizes of the built pages, compressed as they are sent, and their limits. */

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

/** Most bytes of a page's first view, compressed by brotli: HTML, styles and every module that is loaded at once. */
const FIRST_VIEW_BYTES = 150_000;

/** Most bytes that the screening page loads before it can be used without a network, as CloudFront sends them. */
const OFFLINE_BYTES = 8_000_000;

/** Largest file that CloudFront compresses; a larger one is sent as it is. */
const LARGEST_COMPRESSED_BYTES = 10_000_000;

/** Quality of brotli for what is compressed on the way, as by CloudFront. */
const BROTLI_QUALITY = 5;

/**
 * Size of a page.
 *
 * @typedef {object} PageSize
 * @property {string} page
 * @property {number} bytes of the first view
 * @property {{path: string, bytes: number}[]} files of the first view
 * @property {{page: number, runtime: number, package: number} | null} offline bytes of the first use without a network
 */

/**
 * Return the brotli sizes of a page's first view, and what it loads for its use without a network.
 *
 * @param {{source: string, target: string}} page
 * @param {{script: string, modules: string[], styles: string}} files
 * @param {{assets: string[], reading: import("./reading/served.js").Served} | null} read null where it reads no images
 * @param {string} out
 * @returns {Promise<PageSize>}
 */
export async function measure(page, files, read, out) {
  const paths = [join(page.target, "index.html"), files.styles, files.script, ...files.modules];
  const sizes = await Promise.all(
    paths.map(async (path) => ({ path, bytes: brotliCompressSync(await readFile(join(out, path))).length })),
  );
  const offline = read === null ? null : await measureOffline(read.assets, read.reading, out);
  return { page: page.source, bytes: sizes.reduce((sum, one) => sum + one.bytes, 0), files: sizes, offline };
}

/**
 * Return the bytes of a page's files, of one build of the wasm, and of the screening package.
 *
 * Scripts and wasm are compressed on the way, weights are not.
 *
 * @param {string[]} assets
 * @param {import("./reading/served.js").Served} reading
 * @param {string} out
 */
async function measureOffline(assets, reading, out) {
  const sent = async (/** @type {string} */ path) => {
    const content = await readFile(join(out, path));
    const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
    return content.length > LARGEST_COMPRESSED_BYTES ? content.length : brotliCompressSync(content, { params }).length;
  };
  const sum = async (/** @type {string[]} */ paths) =>
    (await Promise.all(paths.map(sent))).reduce((total, bytes) => total + bytes, 0);
  const runtimes = await Promise.all(Object.values(reading.runtimes).map((files) => sum(files.map((file) => file.path))));
  return { page: await sum(assets), runtime: Math.max(...runtimes), package: reading.packages.screening.bytes };
}

/** Print the sizes. @param {PageSize[]} sizes @param {string} out */
export async function report(sizes, out) {
  const later = (await readdir(join(out, "assets"))).filter((name) => name.endsWith(".js")).length;
  for (const { page, bytes, files, offline } of sizes) {
    console.log(`${page}: ${inKilobytes(bytes)} compressed in the first view`);
    for (const file of files) console.log(`  ${inKilobytes(file.bytes).padStart(9)}  ${file.path}`);
    if (offline === null) continue;
    const parts = Object.entries(offline).map(([name, part]) => `${name} ${inKilobytes(part)}`);
    console.log(`${page}: ${inKilobytes(sumOf(offline))} as sent, until it works without a network (${parts.join(", ")})`);
  }
  console.log(`${later} modules in all: ${out}`);
}

/** Return a sentence for each page that is larger than its limit. @param {PageSize[]} sizes */
export function findHeavy(sizes) {
  return sizes.flatMap(({ page, bytes, offline }) => [
    ...(bytes > FIRST_VIEW_BYTES ? [`The first view of ${page} has more than ${inKilobytes(FIRST_VIEW_BYTES)}: load parts later.`] : []),
    ...(offline !== null && sumOf(offline) > OFFLINE_BYTES
      ? [`${page} loads more than ${inKilobytes(OFFLINE_BYTES)} until it works without a network: load parts later.`]
      : []),
  ]);
}

/** @param {Record<string, number>} parts */
function sumOf(parts) {
  return Object.values(parts).reduce((sum, bytes) => sum + bytes, 0);
}

/** @param {number} bytes */
function inKilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} KB`;
}
