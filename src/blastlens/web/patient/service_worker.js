/**
 * Service worker of the patient's page.
 *
 * It keeps the page itself, so that it opens without a network, and never an answer of the service: results are shown
 * while somebody is signed in, and are stored nowhere.
 */

/* global ASSETS */

const worker = /** @type {any} */ (self);

/** @type {string[]} */
const files = ["/p/", "/p/manifest.webmanifest", "/p/icon.svg", ...ASSETS];
const CACHE = `patient-${ASSETS.join("|")}`;

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(files)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  event.waitUntil(forgetOthers().then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { method, url, mode } = event.request;
  const address = new URL(url);
  if (method !== "GET" || address.origin !== location.origin || address.pathname.startsWith("/p/v1/")) return;
  if (mode === "navigate") event.respondWith(openPage(event.request));
  else if (files.includes(address.pathname)) event.respondWith(fromCache(event.request));
});

worker.addEventListener("push", (/** @type {any} */ event) => {
  event.waitUntil(notify(event.data));
});

worker.addEventListener("notificationclick", (/** @type {any} */ event) => {
  event.notification.close();
  event.waitUntil(openWindow());
});

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("patient-") && name !== CACHE).map((name) => caches.delete(name)));
}

/** The newest page where there is a network, else the kept one. @param {Request} request */
async function openPage(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match("/p/")) ?? Response.error();
  }
}

/** @param {Request} request */
async function fromCache(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** Show that there is something; never what. @param {{json: () => any} | null} data */
async function notify(data) {
  let shown = { title: "There is news for you · Es gibt Neues für Sie", body: "", language: "en" };
  try {
    shown = { ...shown, ...data?.json() };
  } catch {
    // A message that cannot be read still says that there is something.
  }
  const { title, body, language } = shown;
  await worker.registration.showNotification(title, { body, lang: language, tag: "news", icon: "/p/icon-192.png", badge: "/p/icon-192.png" });
}

async function openWindow() {
  const open = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = open.find((/** @type {any} */ one) => new URL(one.url).pathname.startsWith("/p/"));
  return ours ? ours.focus() : worker.clients.openWindow("/p/");
}
