/** Tests of the screening page's service worker and of the files that the page keeps, with caches and a network in memory. */

import assert from "node:assert/strict";
import { test } from "node:test";

const ORIGIN = "https://page.example";
const SCRIPT = "/assets/screening-AB12CD34.js";
const MODEL = { path: "/screening/models/screening/digest-1/model.tflite", bytes: 9 };
const RUNTIME = { path: "/screening/litert/1/runtime.js", bytes: 7 };
const HTML = `<script type="module" src="${SCRIPT}"></script>`;

globalThis.location = { origin: ORIGIN };
globalThis.READING = {
  runtimes: { "litert_wasm_internal.js": [RUNTIME], "litert_wasm_compat_internal.js": [RUNTIME] },
  packages: { screening: { files: [MODEL] }, fusion: { files: [{ path: "/screening/models/fusion/digest-2/model.tflite", bytes: 6 }] } },
};

let runs = 0;

/** A browser: its caches, and a server whose files can change. */
function makeBrowser() {
  const stored = new Map();
  const browser = { stored, isOnline: true, loads: [], server: new Map() };
  const cacheOf = (name) => {
    if (!stored.has(name)) stored.set(name, new Map());
    const held = stored.get(name);
    return {
      match: async (path) => held.get(path)?.clone(),
      put: async (path, response) => void held.set(path, response),
      keys: async () => [...held.keys()].map((path) => ({ url: ORIGIN + path })),
      delete: async (request) => held.delete(typeof request === "string" ? request : new URL(request.url).pathname),
    };
  };
  browser.caches = {
    open: async (name) => cacheOf(name),
    keys: async () => [...stored.keys()],
    delete: async (name) => stored.delete(name),
    match: async (path) => [...stored.values()].map((held) => held.get(path)).find(Boolean)?.clone(),
  };
  browser.fetch = async (request, given) => {
    const path = new URL(typeof request === "string" ? request : request.url, ORIGIN).pathname;
    browser.loads.push(path);
    browser.lastFrom = given?.cache;
    if (!browser.isOnline) throw new TypeError("no network");
    return browser.server.has(path) ? new Response(browser.server.get(path)) : new Response("", { status: 404 });
  };
  const texts = { "/screening/": HTML, "/screening/manifest.webmanifest": "{}", [SCRIPT]: "script", [MODEL.path]: "the model", [RUNTIME.path]: "runtime", "/screening/models/fusion/digest-2/model.tflite": "fusion" };
  for (const [path, text] of Object.entries(texts)) browser.server.set(path, text);
  globalThis.caches = browser.caches;
  globalThis.fetch = browser.fetch;
  browser.registration = { waiting: null, installing: null };
  const serviceWorker = { controller: {}, getRegistration: async () => browser.registration };
  Object.defineProperty(globalThis, "navigator", { value: { locks: { request: async (_name, work) => work() }, serviceWorker }, configurable: true });
  return browser;
}

/** Start a worker of a version, as the browser does after an update. */
async function start(version = "one", { assets = [SCRIPT], isUpdate = false } = {}) {
  const handlers = {};
  const calls = [];
  const pages = [];
  globalThis.self = {
    addEventListener: (name, handler) => (handlers[name] = handler),
    skipWaiting: async () => calls.push("skip"),
    clients: { claim: async () => calls.push("claim"), matchAll: async () => pages },
    registration: { active: isUpdate ? {} : null },
  };
  Object.assign(globalThis, { ASSETS: assets, VERSION: version });
  await import(`../../../src/blastlens/web/screening/service_worker.js?run=${(runs += 1)}`);
  const fire = async (name, event = {}) => {
    let answer;
    handlers[name]({ waitUntil: (work) => (answer = work), respondWith: (work) => (answer = work), ...event });
    return answer;
  };
  const ask = async (path, given = {}) => {
    const response = await fire("fetch", { request: { method: "GET", url: new URL(path, ORIGIN).href, mode: "cors", ...given } });
    return response === undefined ? undefined : response.text();
  };
  return { fire, ask, calls, pages };
}

test("after one visit the page opens without a network, also when a sign-in comes back", async () => {
  const browser = makeBrowser();
  const worker = await start();
  await worker.fire("install");
  await worker.fire("activate");
  assert.deepEqual(worker.calls, ["claim"]);
  browser.isOnline = false;
  assert.equal(await worker.ask("/screening/", { mode: "navigate" }), HTML);
  assert.equal(await worker.ask("/screening/?code=abc&state=def", { mode: "navigate" }), HTML);
  assert.equal(await worker.ask(SCRIPT), "script");
});

test("a page and its scripts are of one version, also with a network", async () => {
  const browser = makeBrowser();
  const worker = await start();
  await worker.fire("install");
  browser.server.set("/screening/", '<script src="/assets/screening-NEWER000.js"></script>');
  assert.equal(await worker.ask("/screening/", { mode: "navigate" }), HTML);
  // A page that was loaded past the worker finds its own scripts in the network.
  browser.server.set("/assets/screening-NEWER000.js", "newer");
  assert.equal(await worker.ask("/assets/screening-NEWER000.js"), "newer");
});

test("the page of a captive portal is kept in place of no file", async () => {
  const browser = makeBrowser();
  for (const wrong of ["/screening/", SCRIPT, "/screening/manifest.webmanifest"]) {
    globalThis.fetch = async (path) => (path === wrong ? new Response("<h1>Welcome</h1>", { headers: { "Content-Type": "text/html" } }) : browser.fetch(path));
    const worker = await start();
    await assert.rejects(worker.fire("install"));
  }
  globalThis.fetch = browser.fetch;
  const worker = await start();
  await worker.fire("install");
  assert.deepEqual([await worker.ask("/screening/", { mode: "navigate" }), await worker.ask(SCRIPT)], [HTML, "script"]);
});

test("a newer version waits until it is asked for, has its model then, and leaves no older page behind", async () => {
  const browser = makeBrowser();
  const older = await start("one");
  await older.fire("install");
  const newer = await start("two", { isUpdate: true });
  await newer.fire("install");
  assert.deepEqual(newer.calls, []);
  assert.ok(browser.stored.get("screening-packages").has(MODEL.path));
  assert.ok(browser.stored.has("screening-page-one"));
  await newer.fire("message", { data: { kind: "activate" } });
  await newer.fire("activate");
  assert.deepEqual(newer.calls, ["skip", "claim"]);
  assert.deepEqual([...browser.stored.keys()].sort(), ["screening-packages", "screening-page-two"]);
  assert.equal(browser.loads.filter((path) => path === SCRIPT).length, 1);
});

test("a second tab that is older finds its scripts until the next version", async () => {
  const browser = makeBrowser();
  browser.server.set("/assets/view-OLDER000.js", "older view");
  await (await start("one", { assets: [SCRIPT, "/assets/view-OLDER000.js"] })).fire("install");
  const newer = await start("two", { isUpdate: true });
  newer.pages.push({ url: `${ORIGIN}/screening/` }, { url: `${ORIGIN}/screening/#/camera` });
  await newer.fire("install");
  await newer.fire("activate");
  browser.isOnline = false;
  assert.equal(await newer.ask("/assets/view-OLDER000.js"), "older view");
  newer.pages.pop();
  await newer.fire("activate");
  assert.ok(!browser.stored.has("screening-page-one"));
});

test("an installation that breaks off, or finds the page of another version, is none", async () => {
  const browser = makeBrowser();
  browser.server.delete(SCRIPT);
  await assert.rejects((await start()).fire("install"));
  browser.server.set(SCRIPT, "script");
  browser.server.set("/screening/", '<script src="/assets/screening-OLDER000.js"></script>');
  await assert.rejects((await start()).fire("install"), /not the one of this version/);
  browser.server.set("/screening/", HTML);
  browser.server.delete(MODEL.path);
  await assert.rejects((await start("two", { isUpdate: true })).fire("install"));
});

test("answers of the service are neither kept nor given out", async () => {
  makeBrowser();
  const worker = await start();
  await worker.fire("install");
  for (const address of ["/v1/me", "/v1/uploads", "/config.json", "/", "https://other.example/screening/"]) assert.equal(await worker.ask(address), undefined, address);
  assert.equal(await worker.ask("/screening/", { method: "POST" }), undefined);
});

test("background sync asks the open pages to send, because only they have PIN and sign-in", async () => {
  makeBrowser();
  const worker = await start();
  const messages = [];
  worker.pages.push({ postMessage: (message) => messages.push(message) });
  await worker.fire("sync");
  assert.deepEqual(messages, [{ kind: "send" }]);
});

test("an interrupted download of a package goes on, and older packages are forgotten when it is complete", async () => {
  const browser = makeBrowser();
  const { keepPackage, hasPackage, replacePackage, watchInstallation } = await import("../../../src/blastlens/web/screening/store/installation.js");
  const shares = [];
  const stop = watchInstallation(({ packages }) => shares.push(packages.screening));
  const cache = await browser.caches.open("screening-packages");
  await cache.put("/screening/models/screening/digest-0/model.tflite", new Response("older"));
  browser.server.set(MODEL.path, "half");
  assert.equal(await keepPackage(), false);
  assert.equal(await hasPackage(), false);
  assert.ok(browser.stored.get("screening-packages").has("/screening/models/screening/digest-0/model.tflite"));
  browser.server.set(MODEL.path, "the model");
  assert.equal(await keepPackage(), true);
  assert.equal(await hasPackage(), true);
  assert.deepEqual([...browser.stored.get("screening-packages").keys()].sort(), [RUNTIME.path, MODEL.path].sort());
  assert.equal(browser.loads.filter((path) => path === RUNTIME.path).length, 1);
  assert.deepEqual(shares.filter((one) => one !== undefined), [7 / 16, "failed", 7 / 16, 1, "ready"]);
  assert.equal(browser.lastFrom, "default");
  assert.equal(await replacePackage(), true);
  assert.equal(browser.lastFrom, "reload", "the browser's own cache may have the damaged file");
  assert.equal(browser.loads.filter((path) => path === MODEL.path).length, 3);
  browser.isOnline = false;
  assert.equal(await replacePackage(), false);
  assert.ok(browser.stored.get("screening-packages").has(RUNTIME.path));
  stop();
});

test("a device without room for the model says so, and not that there is no network", async () => {
  const browser = makeBrowser();
  const { keepPackage, watchInstallation } = await import("../../../src/blastlens/web/screening/store/installation.js");
  const cache = await browser.caches.open("screening-packages");
  browser.caches.open = async () => ({ ...cache, put: async () => Promise.reject(new DOMException("", "QuotaExceededError")) });
  assert.equal(await keepPackage(), false);
  watchInstallation(({ packages }) => assert.equal(packages.screening, "full"))();
});

test("the button of a newer page that another tab has opened reloads this page", async () => {
  const browser = makeBrowser();
  const { activateUpdate } = await import("../../../src/blastlens/web/screening/store/installation.js");
  let reloads = 0;
  globalThis.location.reload = () => (reloads += 1);
  browser.registration.waiting = null;
  await activateUpdate();
  assert.equal(reloads, 1);
});

test("a page leaves the package alone that a newer one waits with", async () => {
  const browser = makeBrowser();
  const { keepPackage } = await import("../../../src/blastlens/web/screening/store/installation.js");
  const newer = "/screening/models/screening/digest-9/model.tflite";
  await (await browser.caches.open("screening-packages")).put(newer, new Response("newer"));
  browser.registration.waiting = {};
  assert.equal(await keepPackage(), true);
  assert.ok(browser.stored.get("screening-packages").has(newer));
  browser.registration.waiting = null;
  assert.equal(await keepPackage(), true);
  assert.ok(!browser.stored.get("screening-packages").has(newer));
});
