/** Moves of cells to other kinds: applied at once, sent one after another, and taken back. */

import { applyMove } from "./differential.js";

/**
 * @typedef {import("./cells.js").Cell} Cell
 * @typedef {import("./differential.js").Differential} Differential
 * @typedef {{id: string, cells: {id: string, from: string, to: string, movedBefore: Cell["moved"]}[]}} Step
 */

const MOST_CELLS = 500;

/**
 * Cells and their differential while a person moves them.
 *
 * A step that the service refuses is taken back on the screen; one that did not get through stays, and is sent again
 * under the same id, so that it is stored once.
 */
export class MoveQueue {
  /**
   * @param {{send: (id: string, moves: object[]) => Promise<{differential: Differential}>,
   *   makeId: () => string, changed: () => void, me: () => string, now: () => string}} outside
   */
  constructor(outside) {
    this.outside = outside;
    /** @type {Map<string, Cell>} */
    this.cells = new Map();
    /** @type {Differential|null} */
    this.differential = null;
    /** @type {Step[]} */
    this.done = [];
    /** @type {Step[]} */
    this.waiting = [];
    /** @type {Error|null} */
    this.fault = null;
    this.isSending = false;
  }

  /**
   * Add cells of a field, or replace those that were there; what waits to be sent stays applied.
   * @param {Cell[]} cells
   */
  add(cells) {
    for (const cell of cells) this.cells.set(cell.id, cell);
    const known = new Set(cells.map((cell) => cell.id));
    for (const step of this.waiting) {
      for (const { id, to } of step.cells) if (known.has(id)) this.#place(id, to);
    }
  }

  /**
   * Set what the service counted, with the steps that it does not know yet.
   * @param {Differential} differential
   */
  count(differential) {
    if (!this.waiting.length) this.differential = differential;
  }

  /**
   * Move cells to a kind; those that are of that kind already stay.
   * @param {string[]} ids
   * @param {string} kind
   * @returns {number} how many moved
   */
  move(ids, kind) {
    const cells = ids.flatMap((id) => {
      const cell = this.cells.get(id);
      return cell && cell.kind !== kind ? [{ id, from: cell.kind, to: kind, movedBefore: cell.moved }] : [];
    });
    // The service stores so many at once.
    for (let start = 0; start < cells.length; start += MOST_CELLS) {
      this.#take({ id: this.outside.makeId(), cells: cells.slice(start, start + MOST_CELLS) }, true);
    }
    return cells.length;
  }

  /** Take the last step back by its opposite. Returns it; null where there is none. */
  undo() {
    const last = this.done.pop();
    if (!last) return null;
    const cells = last.cells.map(({ id, from, to, movedBefore }) => ({ id, from: to, to: from, movedBefore }));
    this.#take({ id: this.outside.makeId(), cells }, false);
    return last;
  }

  /** Send what waits, oldest first. Ends at the first that does not get through. */
  async flush() {
    if (this.isSending) return;
    this.isSending = true;
    this.fault = null;
    while (this.waiting.length && !this.fault) await this.#sendFirst();
    this.isSending = false;
    this.outside.changed();
  }

  async #sendFirst() {
    const step = this.waiting[0];
    try {
      const { differential } = await this.outside.send(step.id, step.cells.map((one) => this.#toMove(one)));
      this.waiting.shift();
      this.count(differential);
    } catch (error) {
      this.fault = /** @type {Error} */ (error);
      if (isRefusal(error)) this.#takeBack();
    }
    this.outside.changed();
  }

  /** Take back every step that waits: the first was refused, and those after it rest on it. */
  #takeBack() {
    for (const step of this.waiting.reverse()) {
      for (const { id, from, to, movedBefore } of step.cells) this.#shift(id, to, from, movedBefore);
      this.done = this.done.filter((one) => one !== step);
    }
    this.waiting = [];
  }

  /** @param {Step} step @param {boolean} canUndo */
  #take(step, canUndo) {
    const moved = (/** @type {string} */ kind) => ({ kind, by: this.outside.me(), at: this.outside.now() });
    for (const { id, from, to } of step.cells) this.#shift(id, from, to, moved(to));
    this.waiting.push(step);
    if (canUndo) this.done.push(step);
    this.outside.changed();
    void this.flush();
  }

  /** @param {string} id @param {string} from @param {string} to @param {Cell["moved"]} moved */
  #shift(id, from, to, moved) {
    const cell = this.cells.get(id);
    const isMoved = moved !== null && cell?.modelKind !== to;
    const wasMoved = cell ? cell.moved !== null && cell.modelKind !== from : false;
    if (this.differential) this.differential = applyMove(this.differential, { from, to, wasMoved, isMoved });
    if (cell) this.cells.set(id, { ...cell, kind: to, moved });
  }

  /** @param {string} id @param {string} kind */
  #place(id, kind) {
    const cell = this.cells.get(id);
    const moved = { kind, by: this.outside.me(), at: this.outside.now() };
    if (cell) this.cells.set(id, { ...cell, kind, moved });
  }

  /** @param {Step["cells"][number]} one */
  #toMove({ id, to }) {
    const cell = /** @type {Cell} */ (this.cells.get(id));
    return { upload_id: cell.uploadId, reading: cell.reading, cell: cell.index, kind: to };
  }
}

/**
 * Check whether a service refused a request for good: sent again, it is refused again.
 * @param {any} error
 */
export function isRefusal(error) {
  const status = error?.status ?? 0;
  return status >= 400 && status < 500 && ![401, 408, 429].includes(status);
}
