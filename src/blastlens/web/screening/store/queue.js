/**
 * Sends finished examinations, one image after another, each exactly once.
 *
 * The id of an upload is that of the stored image, so that every repetition leads to the same place in storage, which accepts one
 * file. An image is erased here when the service itself has said that it has it. Whatever dies in between is repeated: asked for
 * first, and sent again only where nothing has arrived. The device's clock decides nothing.
 */

import { Problem } from "../../shared/problem.js";
import { edgeOf } from "./edge.js";
import { Locked, NotPossible, OtherClinic } from "./errors.js";

/** @typedef {import("./outbox.js").Job} Job */

/**
 * @typedef {object} Transport
 * @property {() => Promise<{person?: any, clinic: string, serviceTime: number | null}>} account of the signed-in person;
 *   `serviceTime` in milliseconds since 1970
 * @property {(body: object) => Promise<any>} start asks for a place in storage
 * @property {(slot: any, image: Blob, onProgress: (share: number) => void, signal: AbortSignal) => Promise<number>} put returns the
 *   status; 0 where the connection broke
 * @property {(patient: string, examination: string, upload: string) => Promise<any>} state of an upload; null while nothing of it
 *   has arrived
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} wait ends early when the connection is back
 */

/**
 * Why sending ended: everything is "sent"; some is "failed" and waits for a person; the store is "locked"; nobody is "signed out";
 * the service does not answer ("offline"), or keeps failing ("later"); the person may not upload ("forbidden"); the images are for
 * "another clinic"; another tab sends ("elsewhere"); the service is older than this page ("old service"); or it was "stopped".
 *
 * @typedef {"sent" | "failed" | "locked" | "signed out" | "offline" | "later" | "forbidden" | "another clinic" | "elsewhere" | "old service" | "stopped"} Outcome
 */

const LOCK = "blastlens-screening-send";
const PAUSES_MS = [1000, 2000, 4000, 8000, 15_000, 30_000];
/** Places in storage that are asked for again because one has expired, before the field waits. */
const SLOTS = 3;
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** The service refuses earlier times: they come from clocks that were never set, and from files without a date. */
const EARLIEST_MS = Date.UTC(2000);

/** Sending ends here, with the reason. */
class Ended extends Error {
  /** @param {Outcome} outcome */
  constructor(outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

export class SendQueue {
  /**
   * @param {{outbox: import("./outbox.js").Outbox, image: (field: string) => Promise<Blob>}} store
   * @param {Transport} transport
   * @param {{request: (name: string, options: object, work: (lock: any) => Promise<any>) => Promise<any>}} [locks]
   */
  constructor(store, transport, locks = /** @type {any} */ (navigator.locks)) {
    this._store = store;
    this._outbox = store.outbox;
    this._transport = transport;
    this._locks = locks;
    this._ending = new AbortController();
    /** @type {Promise<Outcome> | null} */
    this._running = null;
    /** Shares that were sent of images on their way, from 0 to 1, by field. @type {Map<string, number>} */
    this.progress = new Map();
    /** @type {Set<() => void>} */
    this._listeners = new Set();
    /** How much the device's clock is ahead of the service's; null where that is not known. @type {number | null} */
    this._clockErrorMs = null;
  }

  get isSending() {
    return this._running !== null;
  }

  /** @param {() => void} listener called on progress @returns {() => void} ends it. */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** Send what is there, in one tab at a time; while it runs, it is not begun again. @returns {Promise<Outcome>} */
  pump() {
    this._running ??= this._pump().finally(() => {
      this._running = null;
      this._tell();
    });
    return this._running;
  }

  /** End sending, as before signing out. What was not sent stays. */
  stop() {
    this._ending.abort();
    this._ending = new AbortController();
  }

  /** @returns {Promise<Outcome>} */
  async _pump() {
    const { signal } = this._ending;
    try {
      return await this._locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? this._sendAll(signal) : Promise.resolve("elsewhere")));
    } catch (error) {
      if (error instanceof Ended) return error.outcome;
      if (signal.aborted) return "stopped";
      if (error instanceof Locked) return "locked";
      if (error instanceof OtherClinic) return "another clinic";
      throw error;
    } finally {
      this.progress.clear();
    }
  }

  /** @param {AbortSignal} signal @returns {Promise<Outcome>} */
  async _sendAll(signal) {
    if (!this._outbox.isOpen) return "locked";
    const { clinic, serviceTime } = await this._ask(() => this._transport.account(), signal);
    await this._outbox.bindClinic(clinic);
    this._clockErrorMs = serviceTime === null ? null : Date.now() - serviceTime;
    if (serviceTime !== null) await this._outbox.noteServiceTime(serviceTime);
    /** @type {Set<string>} */
    const later = new Set();
    let isFailed = false;
    for (let job = await this._outbox.next(later); job !== null; job = await this._outbox.next(later)) {
      signal.throwIfAborted();
      const result = await this._send(job, signal);
      if (result === "later") later.add(job.upload);
      isFailed = result === "failed" || isFailed;
    }
    if (later.size > 0) return "later";
    return isFailed ? "failed" : "sent";
  }

  /**
   * Send one field until it has arrived or is refused; one that does neither must not hold up the others.
   *
   * @param {Job} job
   * @param {AbortSignal} signal
   * @returns {Promise<"sent" | "failed" | "later">}
   */
  async _send(job, signal) {
    if (job.isDamaged) return this._fail(job, "damaged");
    try {
      if (job.wasTried && (await this._hasArrived(job, signal))) return this._confirm(job);
      // From here on, whatever dies, the service is asked first.
      if (!(await this._outbox.markSending(job.upload))) return "sent";
      const image = await this._store.image(job.upload);
      for (let slots = 0; slots < SLOTS; slots += 1) {
        if (await this._transfer(job, image, signal)) return this._confirm(job);
      }
      return "later";
    } catch (error) {
      if (error instanceof NotPossible || (error instanceof DOMException && error.name === "OperationError")) return this._fail(job, "damaged");
      if (error instanceof Problem && isRefusal(error.status)) return this._fail(job, problemOf(error));
      throw error;
    }
  }

  /**
   * Send an image to a new place, again while the connection breaks.
   *
   * @param {Job} job
   * @param {Blob} image
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether it has arrived; false where the place has expired.
   */
  async _transfer(job, image, signal) {
    const slot = await this._ask(() => this._transport.start(this._body(job)), signal);
    // An older service makes its own ids: a repetition would arrive twice.
    if (slot.upload_id !== job.upload || slot.examination_id !== job.examination) throw new Ended("old service");
    for (let tries = 0; ; tries += 1) {
      const status = await this._transport.put(slot, image, (share) => this._onProgress(job, share), signal);
      // 412: the place has its file; 403: it has expired, or it has its file; 400: its signer's own key has expired, or the bytes
      // came too slowly. In each case, and after success, the service is asked.
      const mayHaveArrived = (status >= 200 && status < 300) || [400, 403, 412].includes(status);
      if (mayHaveArrived) return this._hasArrived(job, signal);
      const isTemporary = status === 0 || status === 408 || status === 409 || status === 429 || status >= 500;
      if (!isTemporary) throw new Problem(status, {});
      if (tries >= PAUSES_MS.length) throw new Ended(status === 0 ? "offline" : "later");
      await this._transport.wait(PAUSES_MS[tries], signal);
      // Only the answer may have been lost: asking is cheaper than sending all again.
      if (await this._hasArrived(job, signal)) return true;
    }
  }

  /** @param {Job} job @param {AbortSignal} signal @returns {Promise<boolean>} */
  async _hasArrived(job, signal) {
    return (await this._ask(() => this._transport.state(job.patient, job.examination, job.upload), signal)) !== null;
  }

  /** @param {Job} job @returns {Promise<"sent">} */
  async _confirm(job) {
    await this._outbox.markSent(job.upload);
    this.progress.delete(job.upload);
    return "sent";
  }

  /** @param {Job} job @param {string} problem @returns {Promise<"failed">} */
  async _fail(job, problem) {
    await this._outbox.markFailed(job.upload, problem);
    this.progress.delete(job.upload);
    return "failed";
  }

  /**
   * Ask the service, again while it does not answer.
   *
   * @template T
   * @param {() => Promise<T>} request
   * @param {AbortSignal} signal
   * @returns {Promise<T>}
   * @throws {Problem} it refused. @throws {Ended} it does not answer, or not this person.
   */
  async _ask(request, signal) {
    for (let tries = 0; ; tries += 1) {
      signal.throwIfAborted();
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.status === 401) throw new Ended("signed out");
        if (error.status === 403) throw new Ended("forbidden");
        if (!error.isTemporary && error.status < 500) throw error;
        if (tries >= PAUSES_MS.length) throw new Ended(error.isOffline ? "offline" : "later");
      }
      await this._transport.wait(PAUSES_MS[tries], signal);
    }
  }

  /** Body of `POST /v1/uploads`. @param {Job} job */
  _body({ upload, examination, patient, facts, verdict, fields }) {
    const edge = edgeOf(verdict);
    return {
      upload_id: upload,
      patient_id: patient,
      examination_id: examination,
      extension: facts.extension,
      content_length: facts.size,
      ...(fields === null ? {} : { examination_fields: fields }),
      ...(this._isTimeUsable(facts) ? { taken_at: facts.takenAt } : {}),
      ...(edge === null ? {} : { edge }),
    };
  }

  /**
   * Whether the time of an image may be told: not where the device's clock was seen to be wrong, when it was taken or now. The
   * service takes the time of arrival then.
   *
   * @param {import("./records.js").FieldFacts} facts
   */
  _isTimeUsable({ takenAt, isTimeDoubtful }) {
    const isClockRight = this._clockErrorMs !== null && Math.abs(this._clockErrorMs) < CLOCK_TOLERANCE_MS;
    const time = Date.parse(takenAt);
    return isClockRight && !isTimeDoubtful && time >= EARLIEST_MS && time <= Date.now();
  }

  /** @param {Job} job @param {number} share */
  _onProgress(job, share) {
    this.progress.set(job.upload, share);
    this._tell();
  }

  _tell() {
    for (const listener of this._listeners) listener();
  }
}

/** Whether a status means that the same request will never succeed. @param {number} status */
function isRefusal(status) {
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}

/** @param {Problem} problem @returns {string} */
function problemOf({ status, body }) {
  const kind = typeof body.type === "string" ? body.type.split(/[/:#]/).pop() : "";
  return kind || `status ${status}`;
}
