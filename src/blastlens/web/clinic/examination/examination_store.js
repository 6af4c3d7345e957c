/** Examination that is open: what the service sent, and what a person changed and is not stored yet. */

import { newId } from "../../shared/api.js";
import { readDraft } from "../../shared/drafts.js";
import { cellsOf } from "./core/cells.js";
import { MoveQueue } from "./core/move_queue.js";
import { PagedRead } from "./paged_read.js";

const FIELDS_ON_A_PAGE = 50;
const CELL_FIELDS_ON_A_PAGE = 20;
const KEPT = 4;
/** Statuses that an examination answers after it was erased. */
const GONE = [404, 410];

/** @type {Map<string, ExaminationStore>} */
const opened = new Map();

/**
 * Return the store of an examination. The last few are kept, so that going to a field and back loses nothing.
 *
 * @param {import("./examination_api.js").ExaminationApi} api
 * @param {() => string} me name of the person
 */
export function openStore(api, me) {
  const store = opened.get(api.path) ?? new ExaminationStore(api, me);
  opened.delete(api.path);
  opened.set(api.path, store);
  for (const [path, one] of opened) {
    if (opened.size > KEPT && one.moves.waiting.length === 0) opened.delete(path);
  }
  return store;
}

/** One examination. It dispatches `change` whenever something in it changed. */
export class ExaminationStore extends EventTarget {
  /** @param {import("./examination_api.js").ExaminationApi} api @param {() => string} me */
  constructor(api, me) {
    super();
    this.api = api;
    /** @type {any} as it was last read; null before */
    this.examination = null;
    /** @type {any} as the signer looked at it last */
    this.seen = null;
    /** @type {string | null} */
    this.etag = null;
    /** @type {unknown} of the last read; null where it succeeded */
    this.error = null;
    /** Whether the service no longer has it, although it was open. */
    this.isGone = false;
    /** What is chosen in the form of signing, and not sent yet; the reason is a draft. */
    this.form = { action: "", conclusion: /** @type {string | null} */ (null), checks: new Set() };
    /** @type {Set<string>} ids of cells that were on the screen */
    this.seenCells = new Set();
    /** @type {Map<string, any>} upload id -> field with its cells */
    this.cellFields = new Map();
    const changed = () => this.changed();
    this.fields = new PagedRead((next) => api.fields(FIELDS_ON_A_PAGE, next), changed);
    this.cellPages = new PagedRead((next) => api.cells(CELL_FIELDS_ON_A_PAGE, next), changed, (fields) => this.#addCells(fields));
    this.moves = new MoveQueue({
      send: (id, moves) => this.#sendMoves(id, moves),
      makeId: newId,
      changed,
      me,
      now: () => new Date().toISOString(),
    });
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Whether somebody has begun to fill the form of signing. */
  get hasForm() {
    const { conclusion, checks } = this.form;
    return conclusion !== null || checks.size > 0 || readDraft(this.reasonKey) !== "";
  }

  /** Key of the draft of the signature's reason. */
  get reasonKey() {
    return `reason ${this.api.path}`;
  }

  /** Cells of the fields that count. @returns {import("./core/cells.js").Cell[]} */
  get cells() {
    const excluded = this.examination?.review?.exclusions ?? {};
    return [...this.moves.cells.values()].filter((cell) => !(cell.uploadId in excluded));
  }

  /** Read the examination; one that did not change costs one short answer. */
  async load() {
    try {
      const { body, etag } = await this.api.examination(this.etag);
      if (body) this.take(body, etag);
      this.error = null;
    } catch (error) {
      this.error = error;
      this.isGone ||= this.examination !== null && GONE.includes(/** @type {any} */ (error).status);
    }
    this.changed();
  }

  /**
   * Store an examination that the service sent. What it leaves out stays: some routes send no review.
   *
   * @param {any} sent
   * @param {string | null} [etag]
   */
  take(sent, etag = null) {
    const before = this.examination;
    this.examination = { review: before?.review, differential: before?.differential, ...sent };
    // While it cannot be signed, nobody signs what they saw before.
    if (this.seen === null || (before?.status === "OPEN" && !this.hasForm)) this.seen = this.examination;
    this.etag = etag;
    if (this.examination.differential) this.moves.count(this.examination.differential);
    const isMovedByOthers = before?.review && sent.review && before.review.moves !== sent.review.moves;
    if (before !== null && (before.basis !== sent.basis || isMovedByOthers)) this.#restart();
  }

  /** State that the signer has looked at the examination as it is now. */
  markSeen() {
    this.seen = this.examination;
    this.changed();
  }

  /** Return a field as it was read; undefined before. @param {string} uploadId */
  field(uploadId) {
    return this.fields.items.find((one) => one.upload_id === uploadId);
  }

  /** Read one field anew, with links that are valid for a while. @param {string} uploadId */
  async readField(uploadId) {
    const field = await this.api.field(uploadId);
    this.fields.replace((one) => one.upload_id === uploadId, field);
    return field;
  }

  /**
   * Wait for a request that changes the examination, and store its answer.
   *
   * @param {Promise<import("./examination_api.js").Answer>} request
   * @throws {Error} the service refused; where its answer holds the examination as it is now, that is stored before.
   */
  async send(request) {
    try {
      const { body, etag } = await request;
      if (body?.examination_id) this.take(body, etag);
      else if (body) this.#takeReview(body);
      this.changed();
    } catch (error) {
      const { status, body } = /** @type {any} */ (error);
      if (body?.examination) this.take(body.examination);
      // A problem's examination has no review, and one that is gone says so itself.
      if (body?.examination || GONE.includes(status)) await this.load();
      this.changed();
      throw error;
    }
  }

  /** @param {string} id @param {object[]} moves */
  async #sendMoves(id, moves) {
    try {
      return this.#takeMoves(await this.api.moveCells(id, moves), moves.length);
    } catch (error) {
      // What refused them, such as a signature, is shown.
      const { status, body } = /** @type {any} */ (error);
      if (body?.examination || GONE.includes(status)) void this.load();
      throw error;
    }
  }

  /**
   * Take the answer of the person's own moves: they are a part of what the person saw.
   *
   * @param {any} answer
   * @param {number} number of cells
   */
  #takeMoves(answer, number) {
    const { review } = this.seen;
    if (review) this.seen = { ...this.seen, review: { ...review, moves: review.moves + number } };
    return this.#takeReview(answer);
  }

  /** Take the answer of a change: `{review, differential}`, or a review alone. @param {any} answer */
  #takeReview(answer) {
    const review = answer.review ?? (answer.comments ? answer : this.examination?.review);
    const differential = answer.differential ?? this.examination?.differential;
    if (this.examination) this.examination = { ...this.examination, review, differential };
    this.etag = null;
    return { differential };
  }

  /** @param {any[]} fields */
  #addCells(fields) {
    for (const field of fields) {
      this.cellFields.set(field.upload_id, field);
      this.moves.add(cellsOf(field));
    }
  }

  /** Read fields and cells again: others count now. What waits to be sent stays. */
  #restart() {
    const waiting = new Set(this.moves.waiting.flatMap((step) => step.cells.map((cell) => cell.id)));
    this.cellFields.clear();
    for (const id of this.moves.cells.keys()) if (!waiting.has(id)) this.moves.cells.delete(id);
    void this.fields.restart();
    void this.cellPages.restart();
  }
}
