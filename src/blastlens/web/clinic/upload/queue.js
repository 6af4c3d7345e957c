/**
 * Uploads of this tab: each examination with its files, sent a few at a time, again after a dropped connection.
 *
 * A file gets one place in storage and keeps it: storage refuses to write it twice, so that a repeated transfer after a
 * lost answer is recognised as stored. The last file says how many fields the examination has.
 */

import { messageOf, Problem } from "../../shared/problem.js";
import { checkFile } from "./file_check.js";

/** @typedef {"checking" | "waiting" | "sending" | "stored" | "answered" | "refused" | "failed"} ItemState */

/**
 * @typedef {object} Item
 * @property {string} id
 * @property {File} file
 * @property {ItemState} state
 * @property {number} progress share that was sent, from 0 to 1
 * @property {string | null} reason the service's reason, where the file was refused before or after it was sent
 * @property {unknown} error why it failed
 * @property {boolean} isPaused whether it waits for the connection
 * @property {string} extension
 * @property {any} slot answer of `POST /v1/uploads`
 */

/**
 * @typedef {object} Examination
 * @property {string} id
 * @property {string} patient
 * @property {string} folder
 * @property {number | null} pixelSizeUm
 * @property {string | null} takenAt ISO 8601
 * @property {boolean} isExisting whether it had fields before: then nobody here knows how many there are
 * @property {boolean} isStarted
 * @property {Item[]} items
 */

/**
 * @typedef {object} Transport
 * @property {(body: object) => Promise<any>} start asks for a place in storage
 * @property {(slot: any, file: File, onProgress: (share: number) => void, signal: AbortSignal) => Promise<number>} put
 *   returns the status; 0 where the connection broke
 * @property {(patient: string, examination: string, upload: string) => Promise<any>} state state of an upload; null
 *   while nothing of it has arrived
 * @property {(ms: number) => Promise<void>} wait
 */

const AT_ONCE = 3;
const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000, 30_000, 30_000];
const ASK_EVERY_MS = 3000;
const ASK_AT_ONCE = 5;

export class UploadQueue {
  /** @param {Transport} transport @param {() => string} [newId] */
  constructor(transport, newId = () => crypto.randomUUID()) {
    this._transport = transport;
    this._newId = newId;
    /** @type {Examination[]} */
    this.examinations = [];
    this._running = 0;
    /** @type {Set<() => void>} */
    this._listeners = new Set();
    /** @type {Set<string>} */
    this._asking = new Set();
    this._ending = new AbortController();
  }

  /** Whether something would be lost if the page was closed now. */
  get isBusy() {
    return this.examinations.some((one) => one.items.some(({ state }) => ["checking", "waiting", "sending"].includes(state)));
  }

  /** @param {() => void} listener @returns {() => void} ends it. */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /**
   * Add an examination, which is sent when `start` is called.
   *
   * @param {object} group
   * @param {string} group.folder
   * @param {string} group.patient
   * @param {File[]} group.files
   * @param {string | null} [group.examination] id of an examination that gets more fields
   * @returns {Promise<Examination>} when its files are checked.
   */
  async add({ folder, patient, files, examination = null }) {
    /** @type {Examination} */
    const added = {
      id: examination ?? this._newId(),
      patient,
      folder,
      pixelSizeUm: null,
      takenAt: null,
      isExisting: examination !== null,
      isStarted: false,
      items: [],
    };
    this.examinations = [...this.examinations, added];
    await this.addFiles(added, files);
    return added;
  }

  /** Add files to an examination; those that cannot be read are refused at once. @param {Examination} examination @param {File[]} files */
  async addFiles(examination, files) {
    const items = files.map((file) => this._makeItem(file));
    examination.items.push(...items);
    this._changed();
    for (const item of items) await this._check(item);
    this._pump();
  }

  /** Set the patient or another value of an examination that was not started. @param {Examination} examination @param {Partial<Examination>} values */
  change(examination, values) {
    if (!examination.isStarted) Object.assign(examination, values);
    this._changed();
  }

  /** Take a file out that was not sent. @param {Examination} examination @param {Item} item */
  remove(examination, item) {
    if (item.state === "sending") return;
    examination.items = examination.items.filter((one) => one !== item);
    this._changed();
    this._pump();
  }

  /** Take an examination off the list. What was sent stays in the service. @param {Examination} examination */
  discard(examination) {
    this.examinations = this.examinations.filter((one) => one !== examination);
    this._changed();
  }

  /** Send an examination's files to a patient's records. @param {Examination} examination */
  start(examination) {
    examination.isStarted = true;
    this._changed();
    this._pump();
  }

  /** Send a file again that failed. @param {Item} item */
  retry(item) {
    if (item.state !== "failed") return;
    item.error = null;
    item.state = item.extension ? "waiting" : "checking";
    this._changed();
    if (item.state === "checking") this._check(item).then(() => this._pump());
    else this._pump();
  }

  /** Stop everything, as when the person signs out. */
  stop() {
    this._ending.abort();
  }

  /** @param {File} file @returns {Item} */
  _makeItem(file) {
    return { id: this._newId(), file, state: "checking", progress: 0, reason: null, error: null, isPaused: false, extension: "", slot: null };
  }

  /** @param {Item} item */
  async _check(item) {
    try {
      const verdict = await checkFile(item.file);
      if ("reason" in verdict) Object.assign(item, { state: "refused", reason: verdict.reason });
      else Object.assign(item, { state: "waiting", extension: verdict.extension });
    } catch (error) {
      Object.assign(item, { state: "failed", error });
    }
    this._changed();
  }

  /** Send as many files as may be under way. */
  _pump() {
    for (const examination of this.examinations) {
      if (!examination.isStarted) continue;
      for (const item of examination.items) {
        if (this._running >= AT_ONCE) return;
        if (item.state === "waiting" && this._mayGo(examination, item)) this._run(examination, item);
      }
    }
  }

  /** The last file waits for the others, because it says how many there are. @param {Examination} examination @param {Item} item */
  _mayGo(examination, item) {
    const others = examination.items.filter((one) => one !== item);
    return others.some(({ state }) => state === "waiting") || !others.some(({ state }) => ["checking", "sending"].includes(state));
  }

  /** @param {Examination} examination @param {Item} item */
  async _run(examination, item) {
    this._running += 1;
    item.state = "sending";
    this._changed();
    try {
      await this._send(examination, item);
      item.state = "stored";
      item.progress = 1;
    } catch (error) {
      Object.assign(item, { state: "failed", error });
    }
    item.isPaused = false;
    this._running -= 1;
    this._changed();
    this._pump();
    this._ask(examination);
  }

  /** Send a file until it is stored. @param {Examination} examination @param {Item} item */
  async _send(examination, item) {
    for (let tries = 0; ; tries += 1) {
      const status = await this._transfer(examination, item);
      if (status !== null) return;
      if (tries >= PAUSES_MS.length) throw new Problem(0, {});
      item.isPaused = true;
      this._changed();
      await this._transport.wait(PAUSES_MS[tries]);
      this._ending.signal.throwIfAborted();
      item.isPaused = false;
    }
  }

  /**
   * Try to transfer a file once.
   *
   * @param {Examination} examination
   * @param {Item} item
   * @returns {Promise<"stored" | null>} null where it has to be tried again.
   * @throws {Problem} it will not succeed.
   */
  async _transfer(examination, item) {
    try {
      item.slot ??= await this._transport.start(this._slotBody(examination, item));
    } catch (error) {
      if (error instanceof Problem && error.isTemporary) return null;
      throw error;
    }
    const onProgress = (/** @type {number} */ share) => {
      item.progress = share;
      this._changed();
    };
    const status = await this._transport.put(item.slot, item.file, onProgress, this._ending.signal);
    // 412: the place has a file already, which only this tab can have put there: the answer before was lost.
    if ((status >= 200 && status < 300) || status === 412) return "stored";
    if (status === 403) {
      // The place has expired, or the file arrived and its answer was lost.
      if (await this._hasArrived(examination, item)) return "stored";
      item.slot = null;
      return null;
    }
    if (status === 0 || status === 409 || status === 429 || status >= 500) return null;
    throw new Problem(status, {});
  }

  /** @param {Examination} examination @param {Item} item */
  async _hasArrived(examination, item) {
    try {
      return (await this._transport.state(examination.patient, examination.id, item.slot.upload_id)) !== null;
    } catch {
      return false;
    }
  }

  /** @param {Examination} examination @param {Item} item */
  _slotBody(examination, item) {
    const stored = examination.items.filter(({ state }) => state === "stored" || state === "answered").length;
    const isLast = !examination.isExisting && examination.items.every((one) => one === item || ["stored", "answered", "refused"].includes(one.state));
    return {
      patient_id: examination.patient,
      examination_id: examination.id,
      extension: item.extension,
      content_length: item.file.size,
      ...(isLast ? { examination_fields: stored + 1 } : {}),
      ...(examination.pixelSizeUm === null ? {} : { pixel_size_um: examination.pixelSizeUm }),
      ...(examination.takenAt === null ? {} : { taken_at: examination.takenAt }),
    };
  }

  /** Ask what the service made of the files, until each is answered. @param {Examination} examination */
  async _ask(examination) {
    if (this._asking.has(examination.id)) return;
    this._asking.add(examination.id);
    const open = () => examination.items.filter(({ state, slot }) => state === "stored" && slot !== null);
    while (open().length > 0 && this.examinations.includes(examination) && !this._ending.signal.aborted) {
      await this._transport.wait(ASK_EVERY_MS);
      for (const item of open().slice(0, ASK_AT_ONCE)) await this._askOne(examination, item);
    }
    this._asking.delete(examination.id);
  }

  /** @param {Examination} examination @param {Item} item */
  async _askOne(examination, item) {
    try {
      const state = await this._transport.state(examination.patient, examination.id, item.slot.upload_id);
      if (state?.state !== "answered") return;
      Object.assign(item, { state: "answered", reason: state.status === "REJECTED" ? state.reason : null });
      this._changed();
    } catch (error) {
      if (!(error instanceof Problem)) console.error(messageOf(error));
    }
  }

  _changed() {
    for (const listener of this._listeners) listener();
  }
}
