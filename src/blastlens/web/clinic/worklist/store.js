/**
 * The worklist in memory: rows in the service's order, loaded by cursor, and kept up to date.
 *
 * Rows that are shown are updated in place. New rows and a new order wait until a person asks for them: a list that
 * moves under the pointer opens the wrong patient.
 */

import { makeRow } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {{show: string, patient: string, from: string, to: string}} Filters */
/** @typedef {{examinations: any[], next: string | null, as_of: string}} Page */
/** @typedef {{cursor: string | null, start: number, count: number}} LoadedPage */

export const PAGE_ROWS = 100;

/** @type {Filters} */
export const NO_FILTERS = { show: "all", patient: "", from: "", to: "" };

/** @param {Filters} one @param {Filters} other */
export function areSame(one, other) {
  return one.show === other.show && one.patient === other.patient && one.from === other.from && one.to === other.to;
}

export class Worklist {
  /** @param {(filters: Filters, cursor: string | null, signal: AbortSignal) => Promise<Page>} load */
  constructor(load) {
    this._load = load;
    /** @type {Row[]} */
    this.rows = [];
    /** @type {Map<string, number>} */
    this._places = new Map();
    /** @type {LoadedPage[]} */
    this._pages = [];
    /** @type {string | null} */
    this._next = null;
    /** @type {Filters} */
    this.filters = NO_FILTERS;
    this.isLoading = false;
    this.isLoaded = false;
    /** @type {unknown} */
    this.error = null;
    /** Number of changes of the order that wait: rows that are new, gone or elsewhere. */
    this.waiting = 0;
    /** @type {string | null} */
    this.asOf = null;
    this._ending = new AbortController();
    /** Cursor of the page that failed. @type {string | null} */
    this._failed = null;
    /** @type {Set<() => void>} */
    this._listeners = new Set();
  }

  /** Whether all rows are here. */
  get isComplete() {
    return this.isLoaded && this._next === null;
  }

  /** Call `listener` after each change. @param {() => void} listener @returns {() => void} ends it. */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /**
   * Load the list from its beginning. Rows of the same filters stay until the new ones are here: without a connection
   * they are all that there is.
   *
   * @param {Filters} filters
   */
  async open(filters) {
    this._ending.abort();
    this._ending = new AbortController();
    if (!areSame(filters, this.filters)) this._clear();
    this.filters = filters;
    await this._append(null);
  }

  _clear() {
    this.isLoaded = false;
    this.rows = [];
    this._places.clear();
    this._pages = [];
    this._next = null;
    this.waiting = 0;
  }

  /** Load the next rows; does nothing while it does so already, or where there are none. */
  async more() {
    if (!this.isLoading && this.isLoaded && this._next !== null) await this._append(this._next);
  }

  /** Load again what failed. */
  async retry() {
    if (this._failed === null) await this.open(this.filters);
    else await this._append(this._failed);
  }

  /**
   * Bring the first rows and those that are shown up to date.
   *
   * @param {{first: number, end: number}} shown places of the rows that are shown
   * @throws {unknown} the service did not answer.
   */
  async refresh(shown) {
    if (!this.isLoaded || this.isLoading) return;
    const signal = this._ending.signal;
    const pages = this._pages.filter((one, place) => place === 0 || (one.start < shown.end && one.start + one.count > shown.first));
    let waiting = 0;
    let asOf = this.asOf;
    for (const page of pages) {
      const answer = await this._load(this.filters, page.cursor, signal);
      if (signal.aborted) return;
      waiting += this._merge(page, answer);
      asOf = answer.as_of;
    }
    this.waiting = waiting;
    // While changes wait to be shown, the rows are as old as they were.
    if (waiting === 0) this.asOf = asOf;
    this._changed();
  }

  /** Return the neighbours of an examination in the list, and its place from 1. @param {string} key */
  around(key) {
    const place = this._places.get(key);
    if (place === undefined) return null;
    return { place: place + 1, previous: this.rows[place - 1] ?? null, next: this.rows[place + 1] ?? null };
  }

  /** @param {string} key @returns {number} place from 0; -1 where it is not in the list. */
  placeOf(key) {
    return this._places.get(key) ?? -1;
  }

  /** @param {string | null} cursor */
  async _append(cursor) {
    const signal = this._ending.signal;
    this.isLoading = true;
    this.error = null;
    this._changed();
    try {
      const page = await this._load(this.filters, cursor, signal);
      if (signal.aborted) return;
      if (cursor === null) this._clear();
      this._add(page, cursor);
    } catch (error) {
      if (signal.aborted) return;
      this.error = error;
      this._failed = cursor;
    }
    this.isLoading = false;
    this._changed();
  }

  /** @param {Page} page @param {string | null} cursor */
  _add(page, cursor) {
    const start = this.rows.length;
    for (const view of page.examinations) {
      const row = makeRow(view);
      // A row that moved while the list was being read would stand twice.
      if (this._places.has(row.key)) continue;
      this._places.set(row.key, this.rows.length);
      this.rows.push(row);
    }
    this._pages.push({ cursor, start, count: this.rows.length - start });
    this._next = page.next;
    this.asOf = page.as_of;
    this.isLoaded = true;
  }

  /** Update the rows of a page; return how many are new, gone or elsewhere. @param {LoadedPage} page @param {Page} answer */
  _merge(page, answer) {
    const rows = answer.examinations.map(makeRow);
    const keys = new Set(rows.map((one) => one.key));
    let changes = 0;
    for (const row of rows) {
      const place = this._places.get(row.key);
      if (place === undefined) changes += 1;
      else this.rows[place] = row;
    }
    for (let place = page.start; place < page.start + page.count; place += 1) {
      if (keys.has(this.rows[place].key)) continue;
      this.rows[place] = { ...this.rows[place], isGone: true };
      changes += 1;
    }
    const kept = rows.map((one) => this._places.get(one.key)).filter((place) => place !== undefined);
    const isReordered = changes === 0 && kept.some((place, at) => at > 0 && place < /** @type {number} */ (kept[at - 1]));
    return changes + (isReordered ? 1 : 0);
  }

  _changed() {
    for (const listener of this._listeners) listener();
  }
}
