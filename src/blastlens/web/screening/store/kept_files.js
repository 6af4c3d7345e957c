/** Files of the model packages and of the runtime that are kept for use without a network; for the page and its service worker. */

/** Cache of these files. Their paths name their content, so that one cache serves every version. */
export const KEPT = "screening-packages";

const LOCK = "blastlens-screening-kept";

/** @typedef {{path: string, bytes: number}} KeptFile */

/**
 * Keep files. What is there already is not loaded again, so that an interrupted download goes on.
 *
 * @param {KeptFile[]} files
 * @param {(share: number) => void} [onShare]
 * @param {RequestCache} [from] "reload" where the browser's own cache, which keeps these files for a year, may have damaged ones
 * @throws {Error} a file could not be loaded or stored.
 */
export async function keepFiles(files, onShare = () => {}, from = "default") {
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const cache = await caches.open(KEPT);
  let there = 0;
  for (const { path, bytes } of files) {
    // Page and service worker, or two tabs, do not load the same file at once.
    await navigator.locks.request(`${LOCK}:${path}`, async () => {
      if (!(await cache.match(path))) await cache.put(path, await load(path, bytes, from));
    });
    there += bytes;
    onShare(there / all);
  }
}

/** Whether all files are kept. @param {KeptFile[]} files */
export async function areKept(files) {
  const cache = await caches.open(KEPT);
  for (const { path } of files) if (!(await cache.match(path))) return false;
  return true;
}

/** Forget other files than these. @param {KeptFile[]} files */
export async function forgetOtherFiles(files) {
  const cache = await caches.open(KEPT);
  const known = new Set(files.map(({ path }) => path));
  for (const request of await cache.keys()) if (!known.has(new URL(request.url).pathname)) await cache.delete(request);
}

/** Forget files, as after one was found damaged. @param {KeptFile[]} files */
export async function forgetFiles(files) {
  const cache = await caches.open(KEPT);
  for (const { path } of files) await cache.delete(path);
}

/** @param {string} path @param {number} bytes @param {RequestCache} from @returns {Promise<Response>} */
async function load(path, bytes, from) {
  const response = await fetch(path, { credentials: "omit", cache: from });
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
  const content = await response.arrayBuffer();
  if (content.byteLength !== bytes) throw new Error(`${path} has ${content.byteLength} bytes instead of ${bytes}.`);
  return new Response(content, { headers: { "Content-Type": response.headers.get("Content-Type") ?? "application/octet-stream" } });
}
