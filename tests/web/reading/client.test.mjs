/** The page's side of the reading worker: what happens when it dies, says nothing, or is asked to stop. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { ReadingClient } from "../../../src/blastlens/web/reading/client.js";

const SERVED = {
  worker: "/screening/litert/0123456789abcdef/reading-worker.js",
  packages: { screening: { base: "/screening/models/screening/1/", bytes: 10 } },
};

/** Workers in the order in which they were made. @type {FakeWorker[]} */
let made = [];

class FakeWorker {
  /** @param {(worker: FakeWorker, message: any) => void} behave */
  constructor(behave) {
    this.behave = behave;
    /** @type {any[]} */
    this.received = [];
    this.isTerminated = false;
    /** @type {any} */
    this.onmessage = null;
    /** @type {any} */
    this.onerror = null;
    made.push(this);
  }

  /** @param {any} message */
  postMessage(message) {
    this.received.push(message);
    queueMicrotask(() => !this.isTerminated && this.behave(this, message));
  }

  /** @param {any} data */
  reply(data) {
    this.onmessage({ data });
  }

  terminate() {
    this.isTerminated = true;
  }
}

/** @param {FakeWorker} worker @param {any} message */
function answer(worker, { id, kind }) {
  if (kind === "abort") return;
  worker.reply({ id, progress: { step: "decode", share: 1 } });
  worker.reply({ id, result: kind === "load" ? { name: "screening" } : { status: "REJECTED" } });
}

/** @param {FakeWorker} worker */
function die(worker) {
  worker.onerror({ message: "out of memory" });
}

/** Make a client whose n-th worker behaves as the n-th function. @param {((worker: FakeWorker, message: any) => void)[]} behaviours @param {number} [silenceMs] */
function makeClient(behaviours, silenceMs = 60_000) {
  const makeWorker = () => /** @type {any} */ (new FakeWorker(behaviours[Math.min(made.length, behaviours.length - 1)]));
  return new ReadingClient(SERVED.worker, { makeWorker, silenceMs });
}

beforeEach(() => {
  made = [];
  /** @type {any} */ (globalThis).READING = SERVED;
});

test("an image is read after the package was loaded, with the progress of each", async () => {
  const client = makeClient([answer]);
  /** @type {any[]} */
  const progress = [];

  await client.load("screening");
  const result = await client.read(new Blob(["x"]), { declaredUm: 0.25, onProgress: (one) => progress.push(one) });

  assert.equal(result.status, "REJECTED");
  assert.deepEqual(progress, [{ step: "decode", share: 1 }]);
  assert.deepEqual(made[0].received.map(({ kind }) => kind), ["load", "read"]);
  assert.equal(made[0].received[1].declared_um, 0.25);
  client.close();
});

test("a worker that died is started again, with its packages, and each request is repeated once", async () => {
  let isFirst = true;
  const dieOnce = (/** @type {FakeWorker} */ worker, /** @type {any} */ message) => {
    if (message.kind === "read" && isFirst) {
      isFirst = false;
      die(worker);
    } else answer(worker, message);
  };
  const client = makeClient([dieOnce]);
  await client.load("screening");

  assert.equal((await client.read(new Blob(["x"]))).status, "REJECTED");
  assert.equal(made.length, 2);
  assert.ok(made[0].isTerminated);
  assert.deepEqual(made[1].received.map(({ kind }) => kind), ["load", "read"]);
  client.close();
});

test("an image with which every worker dies is given up, and the next one is read", async () => {
  const client = makeClient([die, die, answer]);

  await assert.rejects(client.read(new Blob(["x"])), { name: "WorkerDied", message: "out of memory" });
  assert.equal((await client.read(new Blob(["y"]))).status, "REJECTED");
  assert.equal(made.length, 3);
  client.close();
});

test("a fatal error replaces the worker, and another one is only reported", async () => {
  const fail = (/** @type {boolean} */ isFatal) => (/** @type {FakeWorker} */ worker, /** @type {any} */ { id }) =>
    worker.reply({ id, error: { name: "Broken", reason: null, message: "no" }, isFatal });
  const client = makeClient([fail(true), fail(false)]);

  await assert.rejects(client.read(new Blob(["x"])), { name: "Broken" });
  assert.equal(made.length, 2);
  client.close();
});

test("a worker that says nothing for too long counts as dead", async () => {
  const client = makeClient([() => {}], 20);

  await assert.rejects(client.read(new Blob(["x"])), { name: "WorkerDied" });
  assert.equal(made.length, 2);
  client.close();
});

test("a request that was ended is rejected at once, and the worker ends it", async () => {
  const client = makeClient([() => {}]);
  const controller = new AbortController();
  const reading = client.read(new Blob(["x"]), { signal: controller.signal });

  controller.abort();

  await assert.rejects(reading, { name: "AbortError" });
  assert.deepEqual(made[0].received.at(-1), { id: 1, kind: "abort" });
  await assert.rejects(client.read(new Blob(["x"]), { signal: controller.signal }), { name: "AbortError" });
  client.close();
});

test("closing rejects what is open, and ends the worker", async () => {
  const client = makeClient([() => {}]);
  const reading = client.read(new Blob(["x"]));

  client.close();

  await assert.rejects(reading, { name: "AbortError" });
  assert.ok(made[0].isTerminated);
});

test("a package that was not built is refused without a worker", async () => {
  const client = makeClient([answer]);

  await assert.rejects(client.load("other"), { name: "DamagedPackage" });
  assert.equal(made.length, 0);
});
