/** Installation for use without a network: the service worker keeps the page, and this module keeps the model packages. */

import { trustedScript } from "../../shared/script_urls.js";

const WORKER = "/screening/service-worker.js";
const SCOPE = "/screening/";
/** Caches of packages; the service worker answers from it, and leaves it alone. */
const PACKAGES = "screening-packages";
const LOCK = "blastlens-screening-package";
const SYNC = "blastlens-screening-send";

/** @typedef {{path: string, bytes: number}} PackageFile */

/**
 * @typedef {object} Installation
 * @property {boolean} page whether the page opens without a network
 * @property {Record<string, number | "ready" | "failed">} packages share that is there of each package, from 0 to 1
 * @property {boolean} hasUpdate whether a newer page waits; {@link activateUpdate} opens it
 */

/** @type {Installation} */
const installation = { page: false, packages: {}, hasUpdate: false };
/** @type {Set<(installation: Installation) => void>} */
const listeners = new Set();

/** Follow the installation. @param {(installation: Installation) => void} listener called at once, and after each change @returns {() => void} ends it. */
export function watchInstallation(listener) {
  listeners.add(listener);
  listener(snapshot());
  return () => listeners.delete(listener);
}

/**
 * Install the page on this device. Call it once, when the page opens.
 *
 * A newer page is not taken over by itself: the open one may be taking photographs.
 *
 * @returns {Promise<boolean>} whether the browser has service workers; without, the page needs a network to open.
 */
export async function install() {
  if (!("serviceWorker" in navigator)) return false;
  try {
    const registration = await navigator.serviceWorker.register(/** @type {any} */ (trustedScript(WORKER)), { scope: SCOPE, updateViaCache: "none" });
    watch(registration);
    navigator.serviceWorker.ready.then(() => change({ page: true }));
    return true;
  } catch (error) {
    // Offline it is registered already, and only its update failed.
    console.warn("The service worker could not be registered.", error);
    const registration = await navigator.serviceWorker.getRegistration(SCOPE);
    if (registration) watch(registration);
    change({ page: registration?.active != null });
    return true;
  }
}

/** Open the newer page that waits. Call it only while nothing is being taken. */
export async function activateUpdate() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  if (!registration?.waiting) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage({ kind: "activate" });
}

/**
 * Keep a model package on this device. What is there already is not loaded again, so that an interrupted download goes on.
 *
 * @param {string} name
 * @param {PackageFile[]} files their paths have the package's digest
 * @returns {Promise<boolean>} whether it is complete.
 */
export async function keepPackage(name, files) {
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  try {
    await navigator.locks.request(`${LOCK}-${name}`, async () => {
      const cache = await caches.open(PACKAGES);
      let there = 0;
      for (const { path, bytes } of files) {
        if (!(await cache.match(path))) await cache.put(path, await load(path));
        there += bytes;
        changePackage(name, Math.min(there / all, 1));
      }
    });
    changePackage(name, "ready");
    return true;
  } catch (error) {
    console.warn("A model package could not be kept.", error);
    changePackage(name, "failed");
    return false;
  }
}

/** Forget packages that no page of this version uses. @param {PackageFile[]} files of all packages of this version */
export async function forgetOtherPackages(files) {
  const cache = await caches.open(PACKAGES);
  const known = new Set(files.map(({ path }) => path));
  for (const request of await cache.keys()) if (!known.has(new URL(request.url).pathname)) await cache.delete(request);
}

/** Ask the browser to wake an open page when there is a network again, where it can. */
export async function requestSync() {
  try {
    const registration = /** @type {any} */ (await navigator.serviceWorker?.getRegistration(SCOPE));
    await registration?.sync?.register(SYNC);
  } catch {
    // The person does not admit it: the page sends when it is opened.
  }
}

/** @param {ServiceWorkerRegistration} registration */
function watch(registration) {
  const note = () => change({ hasUpdate: registration.waiting !== null && registration.active !== null });
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", note));
  note();
}

/** @param {string} path @returns {Promise<Response>} */
async function load(path) {
  const response = await fetch(path, { credentials: "omit" });
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
  return response;
}

/** @param {string} name @param {number | "ready" | "failed"} share */
function changePackage(name, share) {
  change({ packages: { ...installation.packages, [name]: share } });
}

/** @param {Partial<Installation>} values */
function change(values) {
  Object.assign(installation, values);
  for (const listener of listeners) listener(snapshot());
}

function snapshot() {
  return { ...installation };
}
