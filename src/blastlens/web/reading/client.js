/** The page's side of the reading worker. */

import { trustedScript } from "../shared/script_urls.js";
import { served } from "./served.js";

/** @typedef {import("./messages.js").Progress} Progress */
/** @typedef {import("./messages.js").WorkerReply} WorkerReply */
/** @typedef {import("./inference/answers.js").FieldResult} FieldResult */
/** @typedef {import("./inference/package.js").ModelIdentity} ModelIdentity */

/** Time without any message after which a worker with an open request counts as dead. */
const SILENCE_MS = 120_000;

/** The worker could not do what was asked. `name` says why, as the worker's error did. */
export class ReadingFailed extends Error {
  /** @param {import("./messages.js").WorkerError} error */
  constructor({ name, reason, message }) {
    super(message);
    this.name = name;
    this.reason = reason;
  }
}

/**
 * A request that has no answer yet.
 *
 * @typedef {object} Pending
 * @property {Record<string, any>} message
 * @property {Transferable[]} transfer
 * @property {(value: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {(progress: Progress) => void} onProgress
 * @property {(name: string, value: any) => void} onStep
 * @property {boolean} wasRepeated whether it was sent to a second worker
 */

/**
 * @typedef {object} RequestOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * @typedef {object} ReadingOptions
 * @property {number | null} [declaredUm] micrometres in a pixel of the image
 * @property {string} [package] name of the loaded package to read with; the one loaded last by default
 * @property {(name: string, value: any) => void} [onStep] receives what each step makes, for comparisons with Python
 */

/** Loads packages and reads images in a worker; a worker that died is started again once for each request. */
export class ReadingClient {
  /**
   * @param {string} [workerUrl]
   * @param {object} [options]
   * @param {(url: string) => Worker} [options.makeWorker]
   * @param {number} [options.silenceMs]
   */
  constructor(workerUrl = served().worker, options = {}) {
    this.workerUrl = workerUrl;
    this.makeWorker = options.makeWorker ?? ((url) => new Worker(trustedScript(url)));
    this.silenceMs = options.silenceMs ?? SILENCE_MS;
    /** @type {Worker | null} */
    this.worker = null;
    this.count = 0;
    /** @type {Map<number, Pending>} */
    this.pending = new Map();
    /** Messages that loaded a package; a new worker receives them first. @type {Map<string, Record<string, any>>} */
    this.loaded = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * Load a package; at once where it is loaded.
   *
   * @param {string} name
   * @param {RequestOptions} [options]
   * @returns {Promise<ModelIdentity>}
   * @throws {ReadingFailed} DamagedPackage, NotLoaded, NoWebAssembly or another; AbortError where `signal` ended it
   */
  async load(name, options = {}) {
    const known = served().packages[name];
    if (known === undefined) {
      throw new ReadingFailed({ name: "DamagedPackage", reason: null, message: `There is no package ${name}.` });
    }
    const message = { kind: "load", package: name, base: known.base, bytes: known.bytes };
    const identity = await this.request(message, [], options);
    this.loaded.set(name, message);
    return identity;
  }

  /**
   * Read an image. One that cannot be read is an answer with the status REJECTED.
   *
   * @param {Blob | ImageBitmap} image a bitmap is given away
   * @param {RequestOptions & ReadingOptions} [options]
   * @returns {Promise<FieldResult>}
   * @throws {ReadingFailed}
   */
  read(image, options = {}) {
    const message = {
      kind: "read",
      image,
      declared_um: options.declaredUm ?? null,
      package: options.package,
      steps: options.onStep !== undefined,
    };
    return this.request(message, image instanceof Blob ? [] : [image], options);
  }

  /** End the worker and every request. */
  close() {
    this.endWorker();
    this.rejectAll([...this.pending.values()], new DOMException("The reader was closed.", "AbortError"));
    this.loaded.clear();
  }

  /**
   * @param {Record<string, any>} message
   * @param {Transferable[]} transfer
   * @param {RequestOptions & {onStep?: (name: string, value: any) => void}} options
   * @returns {Promise<any>}
   */
  request(message, transfer, { onProgress = () => {}, onStep = () => {}, signal }) {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { message: { ...message, id }, transfer, resolve, reject, onProgress, onStep, wasRepeated: false });
      signal?.addEventListener("abort", () => this.abort(id, signal.reason), { once: true });
      this.start();
      this.send(id);
    });
  }

  /** @param {number} id @param {any} reason */
  abort(id, reason) {
    const pending = this.pending.get(id);
    if (pending === undefined) return;
    this.pending.delete(id);
    this.worker?.postMessage({ id, kind: "abort" });
    pending.reject(reason);
  }

  start() {
    if (this.worker !== null) return;
    const worker = this.makeWorker(this.workerUrl);
    worker.onmessage = ({ data }) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.restart(event.message || "The reading worker could not be started.");
    };
    worker.onmessageerror = () => this.restart("An answer of the reading worker could not be read.");
    this.worker = worker;
    for (const message of this.loaded.values()) worker.postMessage({ ...message, id: 0 });
  }

  /** @param {number} id */
  send(id) {
    const { message, transfer } = /** @type {Pending} */ (this.pending.get(id));
    /** @type {Worker} */ (this.worker).postMessage(message, transfer);
    this.watch();
  }

  /** @param {WorkerReply} reply */
  receive(reply) {
    this.watch();
    const pending = this.pending.get(reply.id);
    if ("error" in reply && reply.isFatal) {
      this.restart(reply.error.message);
    } else if (pending === undefined) {
      return;
    } else if ("progress" in reply) {
      pending.onProgress(reply.progress);
    } else if ("step" in reply) {
      pending.onStep(reply.step.name, reply.step.value);
    } else {
      this.pending.delete(reply.id);
      if ("error" in reply) pending.reject(new ReadingFailed(reply.error));
      else pending.resolve(reply.result);
      this.watch();
    }
  }

  /**
   * Replace a worker that died, and repeat what it had not answered: each request once.
   *
   * @param {string} message
   */
  restart(message) {
    this.endWorker();
    const lost = [...this.pending.values()].filter((one) => one.wasRepeated || one.transfer.length > 0);
    const failure = new ReadingFailed({ name: "WorkerDied", reason: null, message });
    this.rejectAll(lost, failure);
    if (this.pending.size === 0) return;
    this.start();
    for (const [id, one] of this.pending) {
      one.wasRepeated = true;
      this.send(id);
    }
  }

  /** Restart the worker where it says nothing for too long: some systems end one without an event. */
  watch() {
    clearTimeout(this.timer);
    if (this.pending.size === 0) return;
    this.timer = setTimeout(() => this.restart("The reading worker does not answer."), this.silenceMs);
  }

  endWorker() {
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = null;
  }

  /** @param {Pending[]} requests @param {Error} error */
  rejectAll(requests, error) {
    this.pending = new Map([...this.pending].filter(([, one]) => !requests.includes(one)));
    for (const one of requests) one.reject(error);
  }
}
