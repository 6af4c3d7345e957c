/** The store, the queue and the transport of the screening page, as functions of a page without views. */

import { SendQueue } from "../../src/blastlens/web/screening/store/queue.js";
import { openDatabase } from "../../src/blastlens/web/screening/store/database.js";
import { Store, openStore } from "../../src/blastlens/web/screening/store/store.js";
import { makeTransport } from "../../src/blastlens/web/screening/store/transport.js";
import { Vault } from "../../src/blastlens/web/screening/store/vault.js";
import { Api } from "../../src/blastlens/web/shared/api.js";
import { addTexts } from "../../src/blastlens/web/shared/texts.js";
import de from "../../src/blastlens/web/shared/texts/de.js";
import en from "../../src/blastlens/web/shared/texts/en.js";

addTexts({ en, de });

const PIN = "482915";
/** Few: the tests open the store again and again. */
const ROUNDS = 1000;

/** Open the store with the real database, and unlock it; the first page makes it. */
async function openUnlocked() {
  const database = await openDatabase();
  const store = new Store(database, { vault: new Vault(database, { rounds: ROUNDS }) });
  await store.load();
  await (store.state === "new" ? store.create(PIN) : store.unlock(PIN));
  return store;
}

/** Return a file that begins like a JPEG and says its number, padded to `bytes`. @param {number} number @param {number} bytes */
function photograph(number, bytes = 60_000) {
  const frame = [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 2, 0, 2, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
  return new Blob([new Uint8Array(frame), `photograph ${number};`, new Uint8Array(bytes), new Uint8Array([0xff, 0xd9])]);
}

/** @param {Store} store @param {string} token */
function makeQueue(store, token) {
  const api = new Api({ token: async () => token, onExpired: async () => false });
  return new SendQueue(/** @type {any} */ (store), makeTransport(api));
}

/**
 * Live until killed: take examinations and send them, at once and beside each other.
 *
 * @param {{first: number, patient: string, token: string}} values number of the first photograph
 */
async function live({ first, patient, token }) {
  const store = await openUnlocked();
  const queue = makeQueue(store, token);
  queue.pump().catch((error) => console.warn(error));
  for (let number = first; ; number += 3) {
    const examination = await store.startExamination({ patient });
    for (let one = number; one < number + 3; one += 1) {
      await store.addField(examination, { blob: photograph(one), takenAt: new Date().toISOString() });
      await /** @type {any} */ (globalThis).noteKept(one);
    }
    await store.finish(examination);
    await queue.pump();
  }
}

/** Finish what was left open, and send everything. @param {string} token @returns {Promise<{outcome: string, unsent: number, states: string[]}>} */
async function sendAll(token) {
  const store = await openUnlocked();
  for (const { id, state, fields } of await store.examinations()) {
    if (state === "open") await (fields.length > 0 ? store.finish(id) : store.removeExamination(id));
  }
  const outcome = await makeQueue(store, token).pump();
  return { outcome, unsent: await store.unsent(), states: (await store.examinations()).map(({ state }) => state) };
}

/** Take and finish one examination. @param {{patient: string, count: number, bytes?: number}} values */
async function takeExamination({ patient, count, bytes }) {
  const store = await openUnlocked();
  const examination = await store.startExamination({ patient });
  for (let number = 1; number <= count; number += 1) {
    await store.addField(examination, { blob: photograph(number, bytes), takenAt: new Date().toISOString() });
  }
  await store.finish(examination);
  return examination;
}

/** Return the name and the reason of what a function fails with. @param {() => Promise<unknown>} work */
async function failureOf(work) {
  try {
    await work();
    return null;
  } catch (error) {
    const { name, reason } = /** @type {any} */ (error);
    return { name, reason };
  }
}

Object.assign(globalThis, { tests: { openStore, openUnlocked, photograph, live, sendAll, takeExamination, failureOf, makeQueue } });
