/**
 * Service worker of the screening page.
 *
 * It keeps one version of the page whole, and answers from it with and without a network, so that a page never mixes two versions.
 * A newer one waits until the open page asks for it. Answers of the service and images are never kept here.
 */

/* global ASSETS, VERSION */

const worker = /** @type {any} */ (self);

const PAGE = "/screening/";
/** @type {string[]} */
const files = [PAGE, "/screening/manifest.webmanifest", "/screening/icon.svg", "/screening/icon-192.png", ...ASSETS];
const PREFIX = "screening-page-";
const CACHE = PREFIX + VERSION;
/** Model packages, which the page keeps itself. */
const PACKAGES = "screening-packages";

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(keep());
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  // The first page of all becomes usable without a network at once.
  event.waitUntil(forgetOthers().then(() => worker.clients.claim()));
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data?.kind === "activate") event.waitUntil(worker.skipWaiting());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { method, url, mode } = event.request;
  const address = new URL(url);
  if (method !== "GET" || address.origin !== location.origin) return;
  // The sign-in comes back with a code behind the page's address.
  if (mode === "navigate") event.respondWith(answer(PAGE, event.request));
  else if (files.includes(address.pathname) || address.pathname.startsWith("/screening/models/")) event.respondWith(answer(address.pathname, event.request));
});

worker.addEventListener("sync", (/** @type {any} */ event) => {
  // Sending needs the PIN and a signed-in person: only an open page has them.
  event.waitUntil(askPages());
});

/** Keep every file of this version: all of them, or the installation has failed and is tried again. */
async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(files.map(async (path) => {
    const isNamedByContent = ASSETS.includes(path);
    const known = isNamedByContent ? await caches.match(path) : undefined;
    await cache.put(path, known ?? (await load(path, isNamedByContent)));
  }));
}

/** @param {string} path @param {boolean} isNamedByContent */
async function load(path, isNamedByContent) {
  const response = await fetch(path, { credentials: "omit", cache: isNamedByContent ? "default" : "reload" });
  if (!response.ok || response.redirected) throw new Error(`${path} answered ${response.status}.`);
  return response;
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

/** @param {string} path @param {Request} request @returns {Promise<Response>} */
async function answer(path, request) {
  const kept = (await (await caches.open(CACHE)).match(path)) ?? (await (await caches.open(PACKAGES)).match(path));
  return kept ?? fetch(request);
}

async function askPages() {
  const pages = await worker.clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage({ kind: "send" });
}
