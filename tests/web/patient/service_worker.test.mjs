/** Tests of the service worker: it keeps the page, and never an answer of the service. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const SOURCE = await readFile(new URL("../../../src/blastlens/web/patient/service_worker.js", import.meta.url), "utf8");
const ORIGIN = "https://page.example";

/** Run the worker with caches and a network of the test. */
function start({ isOnline = true } = {}) {
  const handlers = {};
  const stored = new Map([["patient-old", new Map()], ["another", new Map()]]);
  const shown = [];
  const path = (request) => new URL(typeof request === "string" ? request : request.url, ORIGIN).pathname;
  const caches = {
    open: async (name) => {
      if (!stored.has(name)) stored.set(name, new Map());
      return { addAll: async (files) => files.forEach((file) => stored.get(name).set(file, `kept ${file}`)) };
    },
    keys: async () => [...stored.keys()],
    delete: async (name) => stored.delete(name),
    match: async (request) => [...stored.values()].map((one) => one.get(path(request))).find(Boolean),
  };
  const windows = [];
  const self = {
    addEventListener: (name, handler) => (handlers[name] = handler),
    skipWaiting: async () => {},
    clients: { claim: async () => {}, matchAll: async () => windows, openWindow: async (address) => windows.push(address) },
    registration: { showNotification: async (title, options) => shown.push({ title, ...options }) },
  };
  const fetch = async (request) => {
    if (!isOnline) throw new TypeError("no network");
    return `fresh ${path(request)}`;
  };
  runInNewContext(SOURCE, { self, caches, fetch, URL, Response, location: { origin: ORIGIN }, ASSETS: ["/assets/patient-1.js"] });
  const fire = async (name, event = {}) => {
    let answer;
    handlers[name]({ waitUntil: (work) => (answer = work), respondWith: (work) => (answer = work), ...event });
    return answer;
  };
  const ask = (address, given = {}) =>
    fire("fetch", { request: { method: "GET", url: new URL(address, ORIGIN).href, mode: "cors", ...given } });
  return { fire, ask, stored, shown, windows };
}

test("the page is kept, and what was kept of an older one is forgotten", async () => {
  const worker = start();
  await worker.fire("install");
  await worker.fire("activate");
  assert.deepEqual([...worker.stored.keys()].sort(), ["another", "patient-/assets/patient-1.js"]);
  const files = [...worker.stored.get("patient-/assets/patient-1.js").keys()];
  assert.ok(files.includes("/p/") && files.every((file) => !file.startsWith("/p/v1")));
});

test("answers of the service are neither kept nor given out", async () => {
  const worker = start();
  await worker.fire("install");
  for (const address of ["/p/v1/examinations", "/p/v1/examinations/e/report.pdf", "/v1/me", "https://other.example/p/"]) {
    assert.equal(await worker.ask(address), undefined, address);
  }
  assert.equal(await worker.ask("/p/", { method: "POST" }), undefined);
});

test("the page opens without a network, and the newest one with it", async () => {
  const online = start();
  await online.fire("install");
  assert.equal(await online.ask("/p/", { mode: "navigate" }), "fresh /p/");
  assert.equal(await online.ask("/assets/patient-1.js"), "kept /assets/patient-1.js");
  const offline = start({ isOnline: false });
  await offline.fire("install");
  assert.equal(await offline.ask("/p/", { mode: "navigate" }), "kept /p/");
});

test("a message says that there is something, also where it cannot be read", async () => {
  const worker = start();
  await worker.fire("push", { data: { json: () => ({ title: "Es gibt Neues für Sie", body: "Öffnen Sie die Seite.", language: "de" }) } });
  await worker.fire("push", { data: { json: () => JSON.parse("{") } });
  await worker.fire("push", { data: null });
  assert.equal(worker.shown[0].title, "Es gibt Neues für Sie");
  assert.ok(worker.shown.every((one) => one.title && one.tag === "news"));
  assert.equal(worker.shown.length, 3);
});

test("a click on a message opens the page, or shows the one that is open", async () => {
  const worker = start();
  const event = { notification: { close: () => {} } };
  await worker.fire("notificationclick", event);
  assert.deepEqual(worker.windows, ["/p/"]);
  let focused = 0;
  worker.windows.splice(0, 1, { url: `${ORIGIN}/p/`, focus: async () => (focused += 1) });
  await worker.fire("notificationclick", event);
  assert.equal(focused, 1);
});
