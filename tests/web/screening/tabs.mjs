/** Tabs with the real store and queue, on a disk and a service in memory. */

import { SendQueue } from "../../../src/blastlens/web/screening/store/queue.js";
import { Store } from "../../../src/blastlens/web/screening/store/store.js";
import { Vault } from "../../../src/blastlens/web/screening/store/vault.js";
import { addTexts } from "../../../src/blastlens/web/shared/texts.js";
import de from "../../../src/blastlens/web/shared/texts/de.js";
import en from "../../../src/blastlens/web/shared/texts/en.js";
import { Life, MemoryDatabase } from "./memory_database.mjs";
import { Locks } from "./service.mjs";

addTexts({ en, de });

export const PIN = "482915";
const ROUNDS = 10;

/** Open the store of a disk, as a new tab does. */
export async function openTab(disk, { life = new Life(), locks = new Locks(), now = () => 0 } = {}) {
  const database = new MemoryDatabase(disk, life);
  const store = new Store(database, { vault: new Vault(database, { locks, now, rounds: ROUNDS }) });
  await store.load();
  return { store, life, locks };
}

/** Open the store and unlock it; the first tab makes it. */
export async function openUnlocked(disk, parts) {
  const tab = await openTab(disk, parts);
  await (tab.store.state === "new" ? tab.store.create(PIN) : tab.store.unlock(PIN));
  return tab;
}

/** Return the queue of a tab. */
export function queueOf({ store, life, locks }, service, mishap) {
  return new SendQueue(store, service.transport(life, mishap), locks);
}

/** Return a small JPEG that no other number has. */
export function photograph(number, bytes = 400) {
  const frame = [0xff, 0xc0, 0, 17, 8, 2, 0, 2, 0, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
  const body = new Uint8Array(bytes).fill(number);
  return new Blob([new Uint8Array([0xff, 0xd8, ...frame]), body, new Uint8Array([0xff, 0xd9])]);
}

/** Take an examination of so many fields. */
export async function takeExamination(store, { fields = 3, patient = "patient-41", takenAt = new Date().toISOString(), verdict = null } = {}) {
  const examination = await store.startExamination({ patient });
  for (let number = 1; number <= fields; number += 1) await store.addField(examination, { blob: photograph(number), takenAt, verdict });
  await store.finish(examination);
  return examination;
}
