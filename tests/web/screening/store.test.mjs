/** Tests of the encrypted store: what is on the disk, what a PIN opens, and what is never erased. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Store } from "../../../src/blastlens/web/screening/store/store.js";
import { Killed, Life, makeDisk } from "./memory_database.mjs";
import { Locks } from "./service.mjs";
import { PIN, openTab, openUnlocked, photograph, takeExamination } from "./tabs.mjs";

const NOW = "2026-11-30T09:00:00.000Z";

beforeEach(() => {
  const kept = new Map();
  globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
});

/** Everything that lies on a disk, as text; keys that no script can read are left out. */
function contentOf(disk) {
  const show = (_name, value) => {
    if (value instanceof CryptoKey) return value.extractable ? "a readable key" : "a key";
    if (value instanceof ArrayBuffer) return Buffer.from(value).toString("latin1");
    return ArrayBuffer.isView(value) ? Buffer.from(value).toString("latin1") : value;
  };
  return JSON.stringify(Object.values(disk.stores).map((store) => [...store.entries()]), show);
}

const bytesOf = async (blob) => [...new Uint8Array(await blob.arrayBuffer())];

test("nothing on the disk says who, what or when", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  const examination = await store.startExamination({ patient: "patient-secret" });
  const verdict = { status: "CLASSIFIED", label: "malignant" };
  await store.addField(examination, { blob: photograph(65), thumbnail: new Blob(["small picture"]), takenAt: NOW, meter: { sharpness: 1234 }, verdict });
  const content = contentOf(disk);
  for (const secret of ["patient-secret", "malignant", "AAAAAAAA", "small picture", "1234", NOW, PIN, "a readable key"]) {
    assert.ok(!content.includes(secret), secret);
  }
  assert.ok(content.includes("a key") && content.includes(examination));
});

test("what was kept is there after the page is opened again, once the PIN is right", async () => {
  const disk = makeDisk();
  const first = await openUnlocked(disk);
  const examination = await first.store.startExamination({ patient: "p-1" });
  const field = await first.store.addField(examination, { blob: photograph(7), thumbnail: new Blob(["t"]), takenAt: NOW, meter: { sharpness: 3 } });
  await first.store.setVerdict(field, { status: "REJECTED", reason: "blurred" });
  const { store } = await openTab(disk);
  assert.equal(store.state, "locked");
  await assert.rejects(store.examinations(), { name: "Locked" });
  await store.unlock(PIN);
  const [shown] = await store.examinations();
  assert.equal(shown.patient, "p-1");
  assert.equal(shown.state, "open");
  assert.deepEqual(shown.fields.map(({ takenAt, meter, state, verdict }) => ({ takenAt, meter, state, verdict })), [
    { takenAt: NOW, meter: { sharpness: 3 }, state: "kept", verdict: { status: "REJECTED", reason: "blurred" } },
  ]);
  const image = await store.image(field);
  assert.equal(image.type, "image/jpeg");
  assert.deepEqual(await bytesOf(image), await bytesOf(photograph(7)));
  assert.equal(await (await store.thumbnail(field)).text(), "t");
});

test("a PIN has six digits or more, and is no row of digits", async () => {
  const { store } = await openTab(makeDisk());
  for (const [pin, reason] of [["12345", "short"], ["", "short"], ["48a915", "digits"], ["111111", "simple"], ["345678", "simple"], ["987654", "simple"], ["890123", "simple"]]) {
    await assert.rejects(store.create(pin), { name: "PinRefused", reason });
  }
  assert.equal(store.state, "new");
});

test("wrong PINs slow down, also after a reload and in other tabs, and erase nothing", async () => {
  const disk = makeDisk();
  const locks = new Locks();
  const first = await openUnlocked(disk, { locks });
  await takeExamination(first.store);
  let time = 0;
  const parts = { locks, now: () => time };
  const { store } = await openTab(disk, parts);
  const waits = [];
  for (let tries = 0; tries < 20; tries += 1) {
    await store.unlock("000001").catch((error) => waits.push(error.waitMs));
    const reloaded = await openTab(disk, parts);
    if (waits.at(-1) > 0) await assert.rejects(reloaded.store.unlock(PIN), { name: "WrongPin", wasTried: false, waitMs: waits.at(-1) });
    time += waits.at(-1);
  }
  assert.deepEqual(waits.slice(0, 5), [0, 0, 5000, 10_000, 20_000]);
  assert.equal(waits.at(-1), 900_000);
  assert.equal(await store.unsent(), 3);
  await store.unlock(PIN);
  assert.equal((await store.examinations())[0].fields.length, 3);
  store.lock();
  await assert.rejects(store.unlock("000001"), { waitMs: 0 });
});

test("what is no PIN at all is not counted as a wrong one", async () => {
  const disk = makeDisk();
  await openUnlocked(disk);
  const { store } = await openTab(disk);
  for (const [typed, reason] of [["", "short"], ["12345", "short"], ["4829l5", "digits"], ["", "short"]]) await assert.rejects(store.unlock(typed), { name: "PinRefused", reason });
  await assert.rejects(store.unlock("000001"), { name: "WrongPin", waitMs: 0 });
  await store.unlock(PIN);
});

test("a wrong PIN in one tab makes the other tabs wait too", async () => {
  const disk = makeDisk();
  const locks = new Locks();
  await openUnlocked(disk, { locks });
  const tabs = await Promise.all(Array.from({ length: 8 }, () => openTab(disk, { locks })));
  const errors = await Promise.all(tabs.map(({ store }, number) => store.unlock(`00000${number}`).catch((error) => error)));
  assert.equal(errors.filter(({ wasTried }) => wasTried).length, 3);
});

test("ending the tab does not save a wrong PIN from being counted", async () => {
  const disk = makeDisk();
  await openUnlocked(disk);
  for (let tries = 0; tries < 3; tries += 1) {
    const { store } = await openTab(disk, { life: new Life(4) });
    await assert.rejects(store.unlock("000001"));
  }
  await assert.rejects((await openTab(disk)).store.unlock(PIN), { name: "WrongPin", wasTried: false });
});

test("after the PIN was changed only the new one opens what was kept before", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  await takeExamination(store);
  await assert.rejects(store.changePin("000001", "570284"), { name: "WrongPin" });
  await store.changePin(PIN, "570284");
  const next = await openTab(disk);
  await assert.rejects(next.store.unlock(PIN), { name: "WrongPin" });
  await next.store.unlock("570284");
  assert.equal((await next.store.examinations())[0].patient, "patient-41");
});

test("of two tabs that make the store at once one makes it, and the other asks for its PIN", async () => {
  const disk = makeDisk();
  const tabs = [await openTab(disk), await openTab(disk)];
  const done = await Promise.allSettled([tabs[0].store.create(PIN), tabs[1].store.create("570284")]);
  assert.deepEqual(done.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  assert.deepEqual(tabs.map(({ store }) => store.state).sort(), ["locked", "open"]);
});

test("a tab that is killed at any step of taking a photograph has it whole or not at all", async () => {
  for (let steps = 0, isOver = false; !isOver; steps += 1) {
    const disk = makeDisk();
    const before = await openUnlocked(disk);
    const examination = await before.store.startExamination({ patient: "p-1" });
    await before.store.addField(examination, { blob: photograph(1), takenAt: NOW });
    const life = new Life();
    const { store } = await openUnlocked(disk, { life });
    life.left = steps;
    const added = await store.addField(examination, { blob: photograph(2), thumbnail: new Blob(["t"]), takenAt: NOW }).catch((error) => {
      assert.ok(error instanceof Killed);
      return null;
    });
    isOver = added !== null;
    const after = await openUnlocked(disk);
    const [{ fields }] = await after.store.examinations();
    assert.ok(fields.length === 2 || (fields.length === 1 && added === null));
    for (const { id } of fields) assert.ok((await after.store.image(id)).size > 400);
    const images = [...disk.stores.images.keys()].map((id) => id.split("/")[0]);
    assert.deepEqual(new Set(images), new Set(fields.map(({ id }) => id)));
  }
});

test("a photograph that is being kept while the page locks itself is kept", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  const examination = await store.startExamination({ patient: "p-1" });
  const kept = store.addField(examination, { blob: photograph(1), takenAt: NOW });
  store.lock();
  const field = await kept;
  assert.equal(store.state, "locked");
  await assert.rejects(store.image(field), { name: "Locked" });
  await store.unlock(PIN);
  assert.deepEqual(await bytesOf(await store.image(field)), await bytesOf(photograph(1)));
});

test("a full disk stores nothing of a photograph, and the ones before stay", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  const examination = await store.startExamination({ patient: "p-1" });
  await store.addField(examination, { blob: photograph(1), takenAt: NOW });
  disk.isFull = true;
  await assert.rejects(store.addField(examination, { blob: photograph(2), takenAt: NOW }), { name: "StorageUnavailable", reason: "full" });
  disk.isFull = false;
  assert.equal((await store.examinations())[0].fields.length, 1);
  assert.equal(disk.stores.images.size, 1);
  await store.addField(examination, { blob: photograph(2), takenAt: NOW });
  assert.equal(await store.unsent(), 2);
});

test("where the browser has erased everything the page says how many images it had", async () => {
  const { store } = await openUnlocked(makeDisk());
  await takeExamination(store);
  const after = await openTab(makeDisk());
  assert.equal(after.store.state, "new");
  assert.equal(after.store.lost, 3);
  await after.store.create(PIN);
  assert.equal((await openTab(makeDisk())).store.lost, 0);
});

test("nothing is written with a key that was erased while the page was open", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  const examination = await store.startExamination({ patient: "p-1" });
  disk.stores = makeDisk().stores;
  await assert.rejects(store.addField(examination, { blob: photograph(1), takenAt: NOW }), { reason: "erased" });
  const other = await openUnlocked(disk);
  const anew = await other.store.startExamination({ patient: "p-2" });
  await assert.rejects(store.addField(anew, { blob: photograph(1), takenAt: NOW }), { reason: "erased" });
  assert.equal(disk.stores.images.size, 0);
});

test("records that were changed or moved are shown as damaged, and hide nothing else", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  await takeExamination(store);
  const [first, second] = [...disk.stores.records.values()].filter(({ kind }) => kind === "field");
  [first.facts, second.facts] = [second.facts, first.facts];
  const [{ fields }] = await (await openUnlocked(disk)).store.examinations();
  assert.deepEqual(fields.map(({ isDamaged }) => isDamaged), [true, true, false]);
});

test("unsent images are erased only where a person has confirmed their number", async () => {
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  const examination = await takeExamination(store);
  await assert.rejects(store.removeExamination(examination), { name: "NotPossible", reason: "unsent" });
  await assert.rejects(store.startOver(2), { name: "NotPossible", reason: "unsent" });
  store.lock();
  assert.equal(await store.unsent(), 3);
  await store.startOver(3);
  assert.equal(store.state, "new");
  assert.deepEqual(Object.values(disk.stores).map((one) => one.size), [0, 0, 0]);
});

test("a finished examination gets no more fields, and an empty one cannot be finished", async () => {
  const { store } = await openUnlocked(makeDisk());
  const empty = await store.startExamination({ patient: "p-1" });
  await assert.rejects(store.finish(empty), { reason: "empty" });
  const examination = await takeExamination(store);
  await store.finish(examination);
  await assert.rejects(store.addField(examination, { blob: photograph(9), takenAt: NOW }), { reason: "finished" });
  await assert.rejects(store.addField(empty, { blob: new Blob(["no image"]), takenAt: NOW }), { name: "FileRefused", reason: "unknown_format" });
  await assert.rejects(store.startExamination({ patient: "Jane Doe" }), RangeError);
});

test("a person who locks the page locks its other tabs too, and a tab that nobody uses locks itself alone", async () => {
  const disk = makeDisk();
  const channels = [0, 1].map((place) => ({ postMessage: (data) => channels[1 - place].onmessage?.({ data }) }));
  const tabs = [];
  for (const channel of channels) {
    const { store } = await openUnlocked(disk);
    tabs.push(new Store(store._database, { vault: store._vault, channel }));
  }
  tabs[0].lock();
  assert.deepEqual(tabs.map(({ state }) => state), ["locked", "open"]);
  tabs[0].lock({ everywhere: true });
  assert.deepEqual(tabs.map(({ state }) => state), ["locked", "locked"]);
});

test("a browser that asks the person whether to keep the data, and gets no answer, opens the store all the same", async (context) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const storage = { persisted: async () => false, persist: () => new Promise(() => {}) };
  Object.defineProperty(globalThis, "navigator", { value: { storage }, configurable: true });
  context.after(() => (before ? Object.defineProperty(globalThis, "navigator", before) : delete globalThis.navigator));
  const disk = makeDisk();
  const { store } = await openUnlocked(disk);
  assert.deepEqual([store.state, store.isPersistent], ["open", false]);
  assert.equal((await openUnlocked(disk)).store.state, "open");
});
