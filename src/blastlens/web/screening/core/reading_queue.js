/**
 * Reading of the fields that have no verdict yet, one at a time, oldest first.
 *
 * It starts again after the page was closed or locked in the middle: a field is read until its verdict is stored.
 */

/** @typedef {import("./screening.js").Verdict} Verdict */

/**
 * @typedef {object} Fields the part of the store that is used
 * @property {() => Promise<{id: string, fields: {id: string, verdict: Verdict | null, state?: string, isDamaged?: boolean}[]}[]>} examinations
 * @property {(field: string) => Promise<Blob>} image
 * @property {(field: string, verdict: Verdict) => Promise<unknown>} setVerdict
 * @property {(error: unknown) => boolean} isGone whether an error says that the field was removed or the store locked
 * @property {(error: unknown) => boolean} isDamaged whether an error says that the stored image cannot be opened
 */

/**
 * @typedef {object} Reader
 * @property {() => Promise<unknown>} load
 * @property {(image: Blob) => Promise<Verdict>} read
 */

/** @typedef {"idle" | "loading" | "reading" | "no model"} State */

/** So often a field is read whose reading failed for no reason of its own. */
const TRIES = 2;

export class ReadingQueue {
  /** @param {Fields} fields @param {Reader} reader @param {() => void} onChange */
  constructor(fields, reader, onChange) {
    this._fields = fields;
    this._reader = reader;
    this._onChange = onChange;
    /** @type {State} */
    this.state = "idle";
    /** Why there is no model. @type {unknown} */
    this.error = null;
    /** @type {Map<string, number>} */
    this._tries = new Map();
    /** Fields that have gone since. @type {Set<string>} */
    this._gone = new Set();
    /** @type {Promise<void> | null} */
    this._running = null;
    this._isStopped = false;
    this._isAsked = false;
  }

  /** Read what is waiting; called after each new field, and also while it runs. @returns {Promise<void>} */
  pump() {
    if (this._isStopped) return Promise.resolve();
    this._isAsked = true;
    this._running ??= this._runWhileAsked().finally(() => (this._running = null));
    return this._running;
  }

  async _runWhileAsked() {
    while (this._isAsked && !this._isStopped) {
      this._isAsked = false;
      try {
        await this._run();
      } catch (error) {
        // The store was locked, or has failed: it is read on when it is open again.
        if (!this._fields.isGone(error)) console.error(error);
        this._set("idle");
      }
    }
  }

  /** End after the field that is being read, as before the store is locked. */
  stop() {
    this._isStopped = true;
  }

  async _run() {
    if ((await this._next()) === null) return;
    if (!(await this._load()) && /** @type {any} */ (this.error)?.name !== "NoWebAssembly") return;
    for (let field = await this._next(); field !== null && !this._isStopped; field = await this._next()) {
      if (this.state !== "no model") this._set("reading");
      await this._read(field);
    }
    if (this.state !== "no model") this._set("idle");
  }

  async _load() {
    this._set("loading");
    try {
      await this._reader.load();
      this.error = null;
      return true;
    } catch (error) {
      this.error = error;
      this._set("no model");
      return false;
    }
  }

  /** Return the next field without a verdict; the image of one that was sent is not here any more. @returns {Promise<string | null>} */
  async _next() {
    const all = (await this._fields.examinations()).flatMap((one) => one.fields);
    return all.find((one) => one.verdict === null && one.state !== "sent" && !one.isDamaged && !this._gone.has(one.id))?.id ?? null;
  }

  /** @param {string} field */
  async _read(field) {
    try {
      const verdict = await this._verdict(field);
      if (verdict) await this._fields.setVerdict(field, verdict);
    } catch (error) {
      if (!this._fields.isGone(error)) console.error(error);
      // Not stored: it is not tried again before the page is opened the next time, so that it cannot go round for ever.
      this._gone.add(field);
    }
  }

  /** @param {string} field @returns {Promise<Verdict | null>} null where it has to be read again. */
  async _verdict(field) {
    // There never will be a model here: nobody waits for it.
    if (this.state === "no model") return unread("cannot");
    const image = await this._image(field);
    if (image === null) return unread("damaged");
    try {
      return understand(await this._reader.read(image));
    } catch (/** @type {any} */ error) {
      if (error?.name === "PixelsChanged") return unread("pixels");
      const tries = (this._tries.get(field) ?? 0) + 1;
      this._tries.set(field, tries);
      if (tries < TRIES) return null;
      console.error(error);
      return unread("failed");
    }
  }

  /** @param {string} field @returns {Promise<Blob | null>} null where it is damaged: nobody waits for its verdict. */
  async _image(field) {
    try {
      return await this._fields.image(field);
    } catch (error) {
      if (this._fields.isDamaged(error)) return null;
      throw error;
    }
  }

  /** @param {State} state */
  _set(state) {
    this.state = state;
    this._onChange();
  }
}

/**
 * A format that this device cannot read is one that the service reads: it has passed the service's own check before.
 *
 * @param {Verdict} verdict
 */
function understand(verdict) {
  return verdict.status === "REJECTED" && verdict.reason === "unknown_format" ? unread("format") : verdict;
}

/** Return the verdict of a field that this device cannot read. @param {string} reason @returns {Verdict} */
function unread(reason) {
  return { status: "UNREAD", reason, probabilities: {}, prediction_set: [], field: null, model: null };
}
