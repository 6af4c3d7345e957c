/**
 * Encrypted store of examinations that were taken at the microscope.
 *
 * An image is stored before anything is done with it, and erased when the service has confirmed that it has it; or when a person
 * removes it. No sign-out, update, wrong PIN or failed upload erases anything. No local clock decides anything.
 */

import { checkFile } from "../../clinic/upload/file_check.js";
import { readPreference, writePreference } from "../../shared/preferences.js";
import { openDatabase } from "./database.js";
import { FileRefused, NotPossible, StorageUnavailable } from "./errors.js";
import { Outbox } from "./outbox.js";
import { countUnsent, examinationsOf, fieldsOf, stateOf, thumbnailId } from "./records.js";
import { isUnreadable } from "./sealing.js";
import { Vault } from "./vault.js";

export { FileRefused, Locked, NotPossible, OtherClinic, PinRefused, StorageUnavailable, WrongPin } from "./errors.js";

/** @typedef {import("./records.js").Examination} Examination */
/** @typedef {import("./records.js").Field} Field */
/** @typedef {import("./records.js").FieldRecord} FieldRecord */
/** @typedef {import("./database.js").Transaction} Transaction */

const CHANNEL = "blastlens-screening";
const PATIENT = /^[A-Za-z0-9_-]{1,64}$/;
const TYPES = /** @type {Record<string, string>} */ ({ jpg: "image/jpeg", png: "image/png", bmp: "image/bmp", tif: "image/tiff" });
/** A device's clock may be so much behind the service's before its times are doubtful. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Open the store.
 *
 * @returns {Promise<Store>}
 * @throws {StorageUnavailable}
 */
export async function openStore() {
  if (!globalThis.crypto?.subtle || !navigator.locks) throw new StorageUnavailable("missing");
  const store = new Store(await openDatabase(), { channel: new BroadcastChannel(CHANNEL) });
  await store.load();
  return store;
}

export class Store {
  /**
   * @param {import("./database.js").Database} database
   * @param {object} [parts]
   * @param {Vault} [parts.vault]
   * @param {BroadcastChannel | null} [parts.channel] to other tabs
   */
  constructor(database, { vault = new Vault(database), channel = null } = {}) {
    this._database = database;
    this._vault = vault;
    this._channel = channel;
    /** @type {Set<() => void>} */
    this._listeners = new Set();
    /** Unsent images that the browser has erased since the page was open last. */
    this.lost = 0;
    /** Whether the browser has promised to erase nothing by itself. */
    this.isPersistent = false;
    /** What sends. */
    this.outbox = new Outbox(database, vault, () => this._changed());
    if (channel) channel.onmessage = () => this._tell();
  }

  /** "new" without a PIN. @returns {"new" | "locked" | "open"} */
  get state() {
    return this._vault.state;
  }

  /** Find out what there is. */
  async load() {
    await this._vault.load();
    const remembered = Number(readPreference("unsent_images") ?? 0);
    this.lost = this.state === "new" ? remembered : 0;
    this.isPersistent = (await globalThis.navigator?.storage?.persisted?.().catch(() => false)) ?? false;
  }

  /** Make the store with a PIN of 6 digits or more, and open it. @param {string} pin @throws {import("./errors.js").PinRefused} */
  async create(pin) {
    await this._vault.create(pin);
    this.lost = 0;
    await this._persist();
    await this._changed();
  }

  /** Open the store. @param {string} pin @throws {import("./errors.js").WrongPin} */
  async unlock(pin) {
    await this._vault.unlock(pin);
    await this._persist();
    this._tell();
  }

  /** Lock the store; nothing is erased. */
  lock() {
    this._vault.lock();
    this._tell();
  }

  /** Change the PIN. @param {string} old @param {string} next @throws {import("./errors.js").WrongPin} @throws {import("./errors.js").PinRefused} */
  async changePin(old, next) {
    await this._vault.changePin(old, next);
  }

  /**
   * Erase everything, as after a PIN was forgotten. Only a person may ask for it, who has seen the number of unsent images.
   *
   * @param {number} unsent as shown
   * @throws {NotPossible} there are more or fewer.
   */
  async startOver(unsent) {
    await this._database.transact(["keys", "records", "images"], "readwrite", async (tx) => {
      if (countUnsent(await tx.all("records")) !== unsent) throw new NotPossible("unsent");
      await Promise.all([tx.clear("images"), tx.clear("records"), tx.clear("keys")]);
    });
    this._vault.lock();
    await this._vault.load();
    await this._changed();
  }

  /** Begin an examination. @param {{patient: string}} values @returns {Promise<string>} its id. */
  async startExamination({ patient }) {
    if (!PATIENT.test(patient)) throw new RangeError("The patient's id is not valid.");
    const id = crypto.randomUUID();
    const facts = await this._vault.sealValue(`${id}/facts`, { patient, createdAt: new Date().toISOString() });
    await this._write(async (tx) => {
      await tx.add("records", { id, kind: "examination", order: await nextOrder(tx), isFinished: false, facts });
    });
    return id;
  }

  /** Return all examinations, the oldest first. @returns {Promise<Examination[]>} @throws {import("./errors.js").Locked} */
  async examinations() {
    const records = await this._records();
    return Promise.all(examinationsOf(records).map(async (one) => {
      const fields = fieldsOf(records, one.id);
      const facts = (await this._openValue(`${one.id}/facts`, one.facts)) ?? { patient: "", createdAt: "" };
      return { id: one.id, ...facts, state: stateOf(one, fields), fields: await Promise.all(fields.map((field) => this._show(field))) };
    }));
  }

  /**
   * Keep an image of an open examination.
   *
   * @param {string} examination
   * @param {{blob: Blob, thumbnail?: Blob | null, takenAt: string, meter?: any, verdict?: any}} values `takenAt` by ISO 8601
   * @returns {Promise<string>} its id, when it is on the disk.
   * @throws {FileRefused} @throws {StorageUnavailable} full: nothing of it is stored. @throws {NotPossible}
   */
  async addField(examination, { blob, thumbnail = null, takenAt, meter = null, verdict = null }) {
    const checked = await checkFile(blob);
    if ("reason" in checked) throw new FileRefused(checked.reason);
    const id = crypto.randomUUID();
    const { extension } = checked;
    const facts = { takenAt, meter, extension, type: TYPES[extension], size: blob.size, isTimeDoubtful: await this.isTimeDoubtful(takenAt) };
    const sealed = {
      facts: await this._vault.sealValue(`${id}/facts`, facts),
      verdict: verdict === null ? null : await this._vault.sealValue(`${id}/verdict`, verdict),
      image: await this._vault.seal(`${id}/image`, await blob.arrayBuffer()),
      thumbnail: thumbnail && (await this._vault.seal(`${id}/thumbnail`, await thumbnail.arrayBuffer())),
    };
    await this._write(async (tx) => {
      const found = await tx.get("records", examination);
      if (!found) throw new NotPossible("gone");
      if (found.isFinished) throw new NotPossible("finished");
      const record = { id, kind: "field", examination, order: await nextOrder(tx), state: "kept", problem: null, hasThumbnail: thumbnail !== null };
      await tx.add("records", { ...record, facts: sealed.facts, verdict: sealed.verdict });
      await tx.add("images", { id, sealed: sealed.image });
      if (sealed.thumbnail) await tx.add("images", { id: thumbnailId(id), sealed: sealed.thumbnail });
    });
    return id;
  }

  /** Keep the verdict on a field, also while it is sent. @param {string} field @param {any} verdict @throws {NotPossible} */
  async setVerdict(field, verdict) {
    const sealed = await this._vault.sealValue(`${field}/verdict`, verdict);
    await this._write(async (tx) => {
      const record = await tx.get("records", field);
      if (!record) throw new NotPossible("gone");
      await tx.put("records", { ...record, verdict: sealed });
    });
  }

  /** Erase a field that no request was made for. @param {string} field @throws {NotPossible} */
  async removeField(field) {
    await this._write(async (tx) => {
      const record = await tx.get("records", field);
      if (!record) return;
      if (record.state === "sending" || record.state === "sent") throw new NotPossible(record.state);
      await erase(tx, [record]);
      const examination = await tx.get("records", record.examination);
      if (examination?.isFinished && fieldsOf(await tx.all("records"), examination.id).length === 0) await tx.delete("records", examination.id);
    });
  }

  /**
   * Take an examination off this device.
   *
   * @param {string} examination
   * @param {number} [unsent] images of it that are lost, as shown to the person who confirmed it
   * @throws {NotPossible} it has another number of them, or one is being sent.
   */
  async removeExamination(examination, unsent = 0) {
    await this._write(async (tx) => {
      const fields = fieldsOf(await tx.all("records"), examination);
      if (fields.some(({ state }) => state === "sending")) throw new NotPossible("sending");
      if (countUnsent(fields) !== unsent) throw new NotPossible("unsent");
      await erase(tx, fields);
      await tx.delete("records", examination);
    });
  }

  /** Return the image of a field. @param {string} field @returns {Promise<Blob>} @throws {NotPossible} gone, as after it was sent. */
  async image(field) {
    const { record, stored } = await this._stored(field, field);
    if (!record || !stored) throw new NotPossible("gone");
    const { type } = await this._vault.unsealValue(`${field}/facts`, record.facts);
    return new Blob([await this._vault.unseal(`${field}/image`, stored.sealed)], { type });
  }

  /** Return the thumbnail of a field, a JPEG; null where it has none. @param {string} field @returns {Promise<Blob | null>} */
  async thumbnail(field) {
    const { stored } = await this._stored(field, thumbnailId(field));
    return stored ? new Blob([await this._vault.unseal(`${field}/thumbnail`, stored.sealed)], { type: "image/jpeg" }) : null;
  }

  /** Put an examination into the queue; it gets no more fields. Repeated, it changes nothing. @param {string} examination @throws {NotPossible} */
  async finish(examination) {
    await this._write(async (tx) => {
      const record = await tx.get("records", examination);
      if (!record) throw new NotPossible("gone");
      const fields = fieldsOf(await tx.all("records"), examination);
      if (fields.length === 0) throw new NotPossible("empty");
      for (const field of fields) if (field.state === "kept") await tx.put("records", { ...field, state: "queued" });
      await tx.put("records", { ...record, isFinished: true });
    });
  }

  /** Queue the failed fields of an examination again. @param {string} examination */
  async retry(examination) {
    await this._write(async (tx) => {
      for (const field of fieldsOf(await tx.all("records"), examination)) {
        if (field.state === "failed") await tx.put("records", { ...field, state: "queued", problem: null });
      }
    });
  }

  /** Return how many images have not arrived at the service; needs no PIN. @returns {Promise<number>} */
  async unsent() {
    return countUnsent(await this._records());
  }

  /**
   * Return whether a time lies before one that the service has said: the device's clock is behind. Needs no PIN.
   *
   * @param {string} takenAt ISO 8601
   */
  async isTimeDoubtful(takenAt) {
    const seen = await this._database.transact(["keys"], "readonly", (tx) => tx.get("keys", "service-time"));
    return seen !== undefined && Date.parse(takenAt) < seen.at - CLOCK_TOLERANCE_MS;
  }

  /** Return how many bytes are free here, as far as the browser says; null where it does not. @returns {Promise<number | null>} */
  async freeBytes() {
    const room = await globalThis.navigator?.storage?.estimate?.().catch(() => null);
    return room?.quota === undefined || room.usage === undefined ? null : Math.max(0, room.quota - room.usage);
  }

  /** @param {() => void} listener called after each change, those of other tabs included @returns {() => void} ends it. */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Close the database, as before a test opens another one. */
  close() {
    this._channel?.close();
    this._database.close();
  }

  /** Ask the browser to erase nothing by itself; it may ask the person, or refuse. */
  async _persist() {
    this.isPersistent = (await globalThis.navigator?.storage?.persist?.().catch(() => false)) ?? false;
  }

  /** @param {FieldRecord} record @returns {Promise<Field>} */
  async _show(record) {
    const { id, state, problem } = record;
    const facts = await this._openValue(`${id}/facts`, record.facts);
    const verdict = record.verdict && (await this._openValue(`${id}/verdict`, record.verdict));
    const isDamaged = facts === null;
    const { takenAt, meter } = facts ?? { takenAt: "", meter: null };
    return { id, takenAt, meter, verdict, state, problem, isDamaged, thumbnailId: record.hasThumbnail ? thumbnailId(id) : null };
  }

  /** Return a value; null where it is damaged: one damaged record must not hide the others. @param {string} place @param {import("./sealing.js").Sealed} sealed */
  async _openValue(place, sealed) {
    try {
      return await this._vault.unsealValue(place, sealed);
    } catch (error) {
      if (isUnreadable(error)) return null;
      throw error;
    }
  }

  /** @param {string} field @param {string} image */
  _stored(field, image) {
    return this._database.transact(["records", "images"], "readonly", async (tx) => ({
      record: await tx.get("records", field),
      stored: await tx.get("images", image),
    }));
  }

  /** @returns {Promise<any[]>} */
  _records() {
    return this._database.transact(["records"], "readonly", (tx) => tx.all("records"));
  }

  /** Write while the keys are those that the values were sealed with. @param {(tx: Transaction) => Promise<void>} work */
  async _write(work) {
    await this._database.transact(["keys", "records", "images"], "readwrite", async (tx) => {
      await this._vault.check(tx);
      await work(tx);
    });
    await this._changed();
  }

  async _changed() {
    const unsent = await this.unsent();
    // No person's data: only how many, to say so if the browser erases them.
    writePreference("unsent_images", unsent > 0 ? String(unsent) : null);
    this._channel?.postMessage("changed");
    this._tell();
  }

  _tell() {
    for (const listener of this._listeners) listener();
  }
}

/** Return the next place in the order in which things were made: the clock may be set back. @param {Transaction} tx @returns {Promise<number>} */
async function nextOrder(tx) {
  const { next } = (await tx.get("keys", "order")) ?? { next: 1 };
  await tx.put("keys", { id: "order", next: next + 1 });
  return next;
}

/** Erase fields with their images. @param {Transaction} tx @param {FieldRecord[]} fields */
async function erase(tx, fields) {
  for (const { id } of fields) {
    await tx.delete("records", id);
    await tx.delete("images", id);
    await tx.delete("images", thumbnailId(id));
  }
}
