/**
 * Encrypted store of examinations that were taken at the microscope.
 *
 * An image is stored before anything is done with it, and erased when the service has confirmed that it has it; or when a person
 * removes it. No sign-out, update, wrong PIN or failed upload erases anything. No local clock decides anything.
 */

import { isId } from "../../clinic/upload/dropped_files.js";
import { checkFile } from "../../clinic/upload/file_check.js";
import { readPreference, writePreference } from "../../shared/preferences.js";
import { openDatabase } from "./database.js";
import { FileRefused, NotPossible, StorageUnavailable } from "./errors.js";
import { Outbox } from "./outbox.js";
import * as changes from "./record_changes.js";
import { countUnsent, thumbnailId } from "./records.js";
import { showExaminations } from "./shown_examinations.js";
import { Vault } from "./vault.js";

/** @typedef {import("./records.js").Examination} Examination */
/** @typedef {import("./database.js").Transaction} Transaction */

const CHANNEL = "blastlens-screening";
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
    if (channel) channel.onmessage = ({ data }) => (data === "lock" ? this.lock() : this._tell());
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
    this._persist();
    await this._changed();
  }

  /** Open the store. @param {string} pin @throws {import("./errors.js").WrongPin} */
  async unlock(pin) {
    await this._vault.unlock(pin);
    this._persist();
    this._tell();
  }

  /** Lock the store; nothing is erased. @param {{everywhere?: boolean}} [options] in the other tabs too, as when a person asks for it */
  lock({ everywhere = false } = {}) {
    this._vault.lock();
    if (everywhere) this._channel?.postMessage("lock");
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
    await this._database.transact(["keys", "records", "images"], "readwrite", (tx) => changes.eraseAll(tx, unsent));
    this._vault.lock();
    await this._vault.load();
    await this._changed();
  }

  /** Begin an examination. @param {{patient: string}} values @returns {Promise<string>} its id. */
  async startExamination({ patient }) {
    if (!isId(patient)) throw new RangeError("The patient's id is not valid.");
    const id = crypto.randomUUID();
    const facts = await this._vault.sealValue(`${id}/facts`, { patient, createdAt: new Date().toISOString() });
    await this._write((tx) => changes.addExamination(tx, { id, facts }));
    return id;
  }

  /** Return all examinations, the oldest first. @returns {Promise<Examination[]>} @throws {import("./errors.js").Locked} */
  async examinations() {
    return showExaminations(await this._records(), this._vault);
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
    // The idle page may be locked at any moment: this photograph is kept all the same.
    const sealer = this._vault.sealer();
    const checked = await checkFile(blob);
    if ("reason" in checked) throw new FileRefused(checked.reason);
    const id = crypto.randomUUID();
    const { extension } = checked;
    const facts = { takenAt, meter, extension, type: TYPES[extension], size: blob.size, isTimeDoubtful: await this.isTimeDoubtful(takenAt) };
    const values = {
      facts: await sealer.sealValue(`${id}/facts`, facts),
      verdict: verdict === null ? null : await sealer.sealValue(`${id}/verdict`, verdict),
      image: await sealer.seal(`${id}/image`, await blob.arrayBuffer()),
      thumbnail: thumbnail && (await sealer.seal(`${id}/thumbnail`, await thumbnail.arrayBuffer())),
    };
    await this._write((tx) => changes.addField(tx, { id, examination, ...values }));
    return id;
  }

  /** Keep the verdict on a field, also while it is sent. @param {string} field @param {any} verdict @throws {NotPossible} */
  async setVerdict(field, verdict) {
    const sealed = await this._vault.sealValue(`${field}/verdict`, verdict);
    await this._write((tx) => changes.setVerdict(tx, field, sealed));
  }

  /** Erase a field that no request was made for. @param {string} field @throws {NotPossible} */
  async removeField(field) {
    await this._write((tx) => changes.removeField(tx, field));
  }

  /**
   * Take an examination off this device.
   *
   * @param {string} examination
   * @param {number} [unsent] images of it that are lost, as shown to the person who confirmed it
   * @throws {NotPossible} it has another number of them, or one is being sent.
   */
  async removeExamination(examination, unsent = 0) {
    await this._write((tx) => changes.removeExamination(tx, examination, unsent));
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
    await this._write((tx) => changes.finish(tx, examination));
  }

  /** Queue the failed fields of an examination again. @param {string} examination */
  async retry(examination) {
    await this._write((tx) => changes.retry(tx, examination));
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

  /** Ask the browser to erase nothing by itself. Nobody waits for it: it may ask the person, who may not answer, or refuse. */
  async _persist() {
    this.isPersistent = (await globalThis.navigator?.storage?.persist?.().catch(() => false)) ?? false;
    this._tell();
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
