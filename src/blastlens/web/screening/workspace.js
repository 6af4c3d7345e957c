/**
 * What all views share: the store, reading, sending and installation, and one picture of them that is kept up to date.
 */

import { Sending } from "./store/sending.js";
import { isUnreadable } from "./store/sealing.js";
import { openStore } from "./store/store.js";
import { install, keepPackage, watchInstallation } from "./store/installation.js";
import { ReadingQueue } from "./core/reading_queue.js";
import { screenExamination } from "./core/screening.js";
import { Reader, canRead } from "./reader.js";

/** @typedef {import("./store/records.js").Examination} Examination */
/** @typedef {import("./store/records.js").Field} Field */
/** @typedef {import("./core/screening.js").ExaminationScreening} ExaminationScreening */


export class Workspace {
  /** @param {import("./store/store.js").Store} store @param {Sending} sending */
  constructor(store, sending) {
    this.store = store;
    this.sending = sending;
    this.reader = new Reader();
    /** @type {ReadingQueue | null} */
    this.reading = null;
    /** Oldest first. @type {Examination[]} */
    this.examinations = [];
    /** Images that have not arrived at the service. */
    this.unsent = 0;
    /** @type {import("./store/installation.js").Installation} */
    this.installation = { page: false, packages: {}, hasUpdate: false };
    this.isClockDoubtful = false;
    /** Notes that somebody is there, as when a photograph was taken without a touch; the frame sets it. */
    this.touched = () => {};
    /** @type {Set<() => void>} */
    this._listeners = new Set();
    this._refreshes = 0;
    store.onChange(() => this.refresh());
    sending.onChange(() => this._tell());
    watchInstallation((installation) => {
      this.installation = installation;
      this._tell();
    });
  }

  get isOpen() {
    return this.store.state === "open";
  }

  /** @param {() => void} listener called after each change @returns {() => void} ends it. */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Go on after the store was opened: read and send what waits. */
  async begin() {
    this.reading = new ReadingQueue(
      {
        examinations: () => this.store.examinations(),
        image: (field) => this.store.image(field),
        setVerdict: (field, verdict) => this.store.setVerdict(field, verdict),
        isGone: (error) => ["Locked", "NotPossible"].includes(/** @type {any} */ (error)?.name),
        isDamaged: isUnreadable,
      },
      this.reader,
      () => this._tell(),
    );
    await this.refresh();
    this.isClockDoubtful = await this.store.isTimeDoubtful(new Date().toISOString());
    this.read();
    this.send();
  }

  /** Lock the store. What is being read is read again after the next opening. @param {{everywhere?: boolean}} [options] */
  lock(options) {
    this.reading?.stop();
    this.reading = null;
    this.examinations = [];
    this.store.lock(options);
  }

  /** Keep the model on this device, and read with it what waits. */
  async download() {
    await keepPackage();
    this.read();
  }

  /** How much of the model is on this device: a share from 0 to 1, or what became of it. @returns {number | "ready" | "failed"} */
  get downloaded() {
    return this.installation.packages.screening ?? 0;
  }

  /** Read what is waiting; it goes on by itself. */
  read() {
    this.reading?.pump();
  }

  /** Send what is queued; it goes on by itself. */
  send() {
    this.sending.pump().catch((error) => console.error(error));
  }

  /** Read the store anew. Only the newest of several calls counts. */
  async refresh() {
    this._refreshes += 1;
    const mine = this._refreshes;
    try {
      const unsent = await this.store.unsent();
      const examinations = this.isOpen ? await this.store.examinations() : [];
      if (mine !== this._refreshes) return;
      this.unsent = unsent;
      this.examinations = this.isOpen ? examinations : [];
    } catch (error) {
      if (/** @type {any} */ (error)?.name !== "Locked") console.error(error);
    }
    this._tell();
  }

  /** @param {string | undefined} id @returns {Examination | null} */
  examination(id) {
    return this.examinations.find((one) => one.id === id) ?? null;
  }

  _tell() {
    for (const listener of this._listeners) listener();
  }
}

/** Return what the fields of an examination show together. @param {Examination} examination @returns {ExaminationScreening} */
export function screen(examination) {
  return screenExamination(examination.fields.map(verdictOf));
}

/** Return the verdict on a field; one that is damaged, or was sent before it was read, is never read. @param {Field} field @returns {import("./core/screening.js").Verdict | null} */
export function verdictOf(field) {
  const isOver = field.isDamaged || (field.verdict === null && field.state === "sent");
  return isOver ? { status: "UNREAD", reason: field.isDamaged ? "damaged" : "sent", probabilities: {}, prediction_set: [] } : field.verdict;
}

/** @type {Workspace | null} */
let current = null;

/** Open the store, and make the workspace. @returns {Promise<Workspace>} @throws {import("./store/errors.js").StorageUnavailable} */
export async function openWorkspace() {
  install();
  // At once, before any PIN: one visit with a network is enough.
  const isKept = canRead() ? keepPackage() : Promise.resolve(false);
  const store = await openStore();
  current = new Workspace(store, new Sending(store));
  const opened = current;
  isKept.then(() => opened.read());
  await opened.refresh();
  return opened;
}

/** @returns {Workspace} */
export function workspace() {
  if (!current) throw new Error("The store is not open.");
  return current;
}
