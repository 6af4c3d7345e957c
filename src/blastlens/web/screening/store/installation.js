/** Installation for use without a network: the service worker keeps the page, and this module keeps what images are read with. */

import { served } from "../../reading/served.js";
import { chooseScript } from "../../reading/runtime/variants.js";
import { trustedScript } from "../../shared/script_urls.js";
import { areKept, forgetFiles, forgetOtherFiles, keepFiles } from "./kept_files.js";

const WORKER = "/screening/service-worker.js";
const SCOPE = "/screening/";
const SCREENING = "screening";
const SYNC = "blastlens-screening-send";

/**
 * @typedef {object} Installation
 * @property {boolean} page whether the page opens without a network
 * @property {Record<string, Share>} packages how much is there of each package
 * @property {boolean} hasUpdate whether a newer page waits; {@link activateUpdate} opens it
 */

/** Share of a package, from 0 to 1; or what became of it: "full" where the device has no room. @typedef {number | "ready" | "failed" | "full"} Share */

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
  // Another tab has opened it already.
  if (!registration?.waiting) return location.reload();
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  registration.waiting.postMessage({ kind: "activate" });
}

/**
 * Keep a model package on this device, with what runs it.
 *
 * @param {string} [name]
 * @param {RequestCache} [from] as of {@link keepFiles}
 * @returns {Promise<boolean>} whether it is complete.
 */
export async function keepPackage(name = SCREENING, from = "default") {
  try {
    await keepFiles(filesOf(name), (share) => changePackage(name, share), from);
    changePackage(name, "ready");
    // Only now: until the new ones are there, the older ones may still be of use.
    if (name === SCREENING && (await isOnlyVersion())) await forgetOtherFiles(Object.keys(served().packages).flatMap(filesOf));
    return true;
  } catch (error) {
    console.warn("A model package could not be kept.", error);
    changePackage(name, /** @type {any} */ (error)?.name === "QuotaExceededError" ? "full" : "failed");
    return false;
  }
}

/** Whether a model package is kept on this device. @param {string} [name] @returns {Promise<boolean>} */
export function hasPackage(name = SCREENING) {
  return areKept(filesOf(name));
}

/** Load a package again that was found damaged. @param {string} [name] @returns {Promise<boolean>} whether it is complete. */
export async function replacePackage(name = SCREENING) {
  // Not the runtime: without a network the other package reads on with it.
  await forgetFiles(served().packages[name].files);
  return keepPackage(name, "reload");
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

/** Whether this page is the only version on the device: an older or newer one has files of its own. */
async function isOnlyVersion() {
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE);
  return navigator.serviceWorker?.controller != null && !registration?.waiting && !registration?.installing;
}

/** @param {string} name @returns {import("./kept_files.js").KeptFile[]} */
function filesOf(name) {
  const { runtimes, packages } = served();
  return [...runtimes[chooseScript()], ...packages[name].files];
}

/** @param {string} name @param {Share} share */
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
