/**
 * Service worker of the screening page.
 *
 * It keeps one version of the page whole, and answers from it with and without a network, so that a page never mixes two versions.
 * A newer one waits until the open page asks for it, and has its model package by then. Answers of the service and images are
 * never kept here.
 */

/* global ASSETS, VERSION */

import { chooseScript } from "../reading/runtime/variants.js";
import { served } from "../reading/served.js";
import { keepFiles } from "./store/kept_files.js";

const worker = /** @type {any} */ (self);

const PAGE = "/screening/";
/** @type {string[]} */
const needed = [PAGE, "/screening/manifest.webmanifest", ...ASSETS];
const files = [...needed, "/screening/icon.svg", "/screening/icon-192.png", "/screening/icon-512.png"];
const PREFIX = "screening-page-";
const CACHE = PREFIX + VERSION;
/** Paths that name the content of their files. */
const BY_CONTENT = /^\/(assets|screening\/(litert|models))\//;

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(keepPage().then(keepReading));
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
  if (mode === "navigate" && address.pathname === PAGE) event.respondWith(answer(PAGE, event.request));
  else if (files.includes(address.pathname) || BY_CONTENT.test(address.pathname)) event.respondWith(answer(address.pathname, event.request));
});

worker.addEventListener("sync", (/** @type {any} */ event) => {
  // Sending needs the PIN and a signed-in person: only an open page has them.
  event.waitUntil(askPages());
});

/** Keep every file of this version that the page needs, or the installation has failed and is tried again. */
async function keepPage() {
  const cache = await caches.open(CACHE);
  const keep = async (/** @type {string} */ path) => {
    const known = BY_CONTENT.test(path) ? await caches.match(path) : undefined;
    await cache.put(path, known ?? (await load(path)));
  };
  const icons = Promise.allSettled(files.slice(needed.length).map(keep));
  await Promise.all(needed.map(keep));
  await icons;
  await checkPage(cache);
}

/**
 * Check that the kept page is the one of this worker: while a new version is published, a server may still answer with the old one.
 *
 * @param {Cache} cache
 */
async function checkPage(cache) {
  const text = await /** @type {Response} */ (await cache.match(PAGE)).text();
  const wanted = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  if (wanted.length > 0 && wanted.every((path) => files.includes(path))) return;
  await caches.delete(CACHE);
  throw new Error("The page is not the one of this version yet.");
}

/** Keep what a newer page reads images with. The first page keeps it itself, and shows how much of it is there. */
async function keepReading() {
  if (!worker.registration.active) return;
  const { runtimes, packages } = served();
  await keepFiles([...runtimes[chooseScript()], ...packages.screening.files]);
}

/** @param {string} path */
async function load(path) {
  const response = await fetch(path, { credentials: "omit", cache: BY_CONTENT.test(path) ? "default" : "reload" });
  if (!response.ok || response.redirected) throw new Error(`${path} answered ${response.status}.`);
  // A network with a sign-in of its own answers every request with its page; what is kept by its content's name is never loaded again.
  if (path !== PAGE && /\bhtml\b/.test(response.headers.get("Content-Type") ?? "")) throw new Error(`${path} is a page.`);
  return response;
}

/** Forget older pages; while a second one is open it may be older, and stays until the next version. */
async function forgetOthers() {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.filter((/** @type {any} */ page) => new URL(page.url).pathname.startsWith(PAGE)).length > 1) return;
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

/** @param {string} path @param {Request} request @returns {Promise<Response>} */
async function answer(path, request) {
  const kept = await (await caches.open(CACHE)).match(path);
  return kept ?? (BY_CONTENT.test(path) ? await caches.match(path) : undefined) ?? fetch(request);
}

async function askPages() {
  const pages = await worker.clients.matchAll({ type: "window" });
  for (const page of pages) page.postMessage({ kind: "send" });
}
