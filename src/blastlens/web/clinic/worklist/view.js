/** Worklist: one row for each examination, unsigned and urgent first, of which only those in sight stand in the document. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../../shared/announcements.js";
import { PageElement } from "../../shared/element.js";
import { elementStyle } from "../../shared/element_style.js";
import { addKeys } from "../../shared/keyboard.js";
import { messageOf } from "../../shared/problem.js";
import { navigate } from "../../shared/router.js";
import { formatTime, t } from "../../shared/texts.js";
import { addressOf } from "../frame/neighbours.js";
import { worklist } from "./current.js";
import { filterForm } from "./filter_form.js";
import { readFilters, worklistAddress } from "./filters.js";
import { headings, rowCells } from "./row_cells.js";
import { NO_FILTERS, areSame } from "./store.js";
import { updateRegularly } from "./updates.js";
import { visibleRows } from "./visible_rows.js";

/** The next rows are loaded when so few are left below. */
const AHEAD_ROWS = 60;

/** Row that was opened last: going back leads there. @type {string | null} */
let lastKey = null;

class WorklistView extends PageElement {
  static properties = { route: {}, range: { state: true }, activeKey: { state: true }, rowHeight: { state: true } };

  constructor() {
    super();
    /** @type {import("../../shared/router.js").Route | null} */
    this.route = null;
    this.range = { first: 0, end: 0 };
    /** Row that `j` and `k` start from. @type {string | null} */
    this.activeKey = null;
    this.rowHeight = 56;
    /** What was said to screen readers before. */
    this.wasLoading = false;
    this.saidWaiting = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    const measure = () => this._measure();
    addEventListener("scroll", measure, { passive: true });
    addEventListener("resize", measure);
    this.untilGone(() => removeEventListener("scroll", measure));
    this.untilGone(() => removeEventListener("resize", measure));
    this.untilGone(worklist.onChange(() => this._onChange()));
    this.untilGone(updateRegularly(() => worklist.refresh(this.range)));
    this.untilGone(
      addKeys([
        { key: "j", label: "keys.down", run: () => this._move(1) },
        { key: "k", label: "keys.up", run: () => this._move(-1) },
        { key: "ArrowDown", label: "keys.down", run: () => this._move(1), hidden: true },
        { key: "ArrowUp", label: "keys.up", run: () => this._move(-1), hidden: true },
        { key: "Enter", label: "keys.open", run: () => this._openActive() },
        { key: "/", label: "keys.find", run: () => this._find() },
        { key: "r", label: "keys.refresh", run: () => this._showNew() },
      ]),
    );
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has("route") || !this.route) return;
    const filters = readFilters(this.route.query);
    // A list that is here already is shown at once, as after going back from an examination.
    if ((worklist.isLoaded || worklist.isLoading) && areSame(filters, worklist.filters)) worklist.refresh(this.range).catch(() => {});
    else worklist.open(filters);
  }

  /** @param {Map<string, unknown>} changed */
  updated(changed) {
    const row = this.querySelector(".worklist-row");
    const height = row ? row.getBoundingClientRect().height : 0;
    if (height > 0 && Math.abs(height - this.rowHeight) > 0.5) this.rowHeight = height;
    if (!changed.has("range")) this._measure();
  }

  /**
   * Go back to the row that was opened last. Called by the frame when the view is shown.
   *
   * @returns {boolean} false where there is none: the view begins at its heading.
   */
  arrive() {
    const place = worklist.placeOf(lastKey ?? "");
    if (place < 0) return false;
    this._goTo(place, "center");
    return true;
  }

  _onChange() {
    this.requestUpdate();
    const { isLoading, isLoaded, rows } = worklist;
    if (this.wasLoading && !isLoading && isLoaded) announce(rows.length === 0 ? t("worklist.empty") : t("worklist.loaded", { count: rows.length }));
    if (worklist.waiting > 0 && worklist.waiting !== this.saidWaiting) announce(t("worklist.waiting", { count: worklist.waiting }));
    this.saidWaiting = worklist.waiting;
    this.wasLoading = isLoading;
  }

  /** Find out which rows are in sight, and load more where the end comes near. */
  _measure() {
    const list = this.querySelector(".worklist-rows");
    if (!list) return;
    const top = -list.getBoundingClientRect().top;
    const range = visibleRows({ top, height: innerHeight, rowHeight: this.rowHeight, count: worklist.rows.length });
    if (range.first !== this.range.first || range.end !== this.range.end) this.range = range;
    if (range.end > worklist.rows.length - AHEAD_ROWS && !worklist.error) worklist.more();
  }

  /** @param {number} step */
  _move(step) {
    const { rows } = worklist;
    if (rows.length === 0) return;
    const focused = this.querySelector(".worklist-row:focus-within");
    const from = worklist.placeOf(/** @type {HTMLElement | null} */ (focused)?.dataset.key ?? this.activeKey ?? "");
    this._goTo(Math.max(0, Math.min(rows.length - 1, from + step)), "nearest");
  }

  /** Give a row the focus, and bring it into sight. @param {number} place @param {ScrollLogicalPosition} block */
  async _goTo(place, block) {
    this.activeKey = worklist.rows[place].key;
    await this.updateComplete;
    const link = /** @type {HTMLElement | null} */ (this.querySelector(`[data-place="${place}"] a`));
    link?.focus({ preventScroll: true });
    link?.closest(".worklist-row")?.scrollIntoView({ block });
  }

  _openActive() {
    const row = worklist.rows[worklist.placeOf(this.activeKey ?? "")];
    if (row) navigate(addressOf(row));
  }

  _find() {
    /** @type {HTMLInputElement | null} */ (this.querySelector("input[name=patient]"))?.focus();
  }

  async _showNew() {
    await worklist.open(worklist.filters);
    scrollTo(0, 0);
  }

  render() {
    return html`
      <div class="title-line"><h1>${t("worklist.title")}</h1>${this._freshness()}</div>
      ${filterForm(worklist.filters, (filters) => navigate(worklistAddress(filters)))}
      ${worklist.waiting > 0 ? html`<div class="note worklist-waiting">
        <p>${t("worklist.waiting", { count: worklist.waiting })}</p>
        <button class="primary small" @click=${() => this._showNew()}>${t("worklist.show_new")}</button>
      </div>` : nothing}
      ${this._table()} ${this._end()}
    `;
  }

  _freshness() {
    return html`<p class="worklist-fresh">
      ${worklist.asOf ? html`<span class="soft">${t("worklist.as_of", { time: formatTime(worklist.asOf) })}</span>` : nothing}
      <button class="small" @click=${() => this._showNew()}>${t("worklist.refresh")}</button>
    </p>`;
  }

  _table() {
    const { rows, isComplete } = worklist;
    if (rows.length === 0) return nothing;
    const places = this._places();
    return html`
      <div class="worklist" role="table" aria-label=${t("worklist.title")} aria-rowcount=${isComplete ? rows.length + 1 : -1}>
        <div class="worklist-head" role="row" aria-rowindex="1">${headings()}</div>
        <div class="worklist-rows" role="rowgroup" ${elementStyle({ height: `${rows.length * this.rowHeight}px` })}>
          ${repeat(places, (place) => rows[place].key, (place) => this._row(place))}
        </div>
      </div>
    `;
  }

  /** Places of the rows in the document: those in sight, and the one that may have the focus. */
  _places() {
    const { first, end } = this.range;
    const places = Array.from({ length: Math.min(end, worklist.rows.length) - first }, (_none, at) => first + at);
    const active = worklist.placeOf(this.activeKey ?? "");
    if (active >= 0 && active < first) places.unshift(active);
    if (active >= end) places.push(active);
    return places;
  }

  /** @param {number} place */
  _row(place) {
    const row = worklist.rows[place];
    return html`<div
      class="worklist-row ${row.isGone ? "is-gone" : ""}"
      role="row"
      aria-rowindex=${place + 2}
      data-place=${place}
      data-key=${row.key}
      ${elementStyle({ top: `${place * this.rowHeight}px` })}
      @focusin=${() => (this.activeKey = lastKey = row.key)}
    >${rowCells(row)}</div>`;
  }

  _end() {
    const { rows, isLoading, isComplete, error, filters } = worklist;
    if (error) {
      return html`<div class="note error" role="alert">
        <p>${messageOf(error)}</p>
        <button class="small" @click=${() => worklist.retry()}>${t("problem.retry")}</button>
        <button class="small" @click=${() => worklist.open(filters)}>${t("worklist.from_start")}</button>
      </div>`;
    }
    if (isLoading) return html`<p class="worklist-end soft">${t("loading")}</p>`;
    if (rows.length > 0) return isComplete ? html`<p class="worklist-end soft">${t("worklist.end", { count: rows.length })}</p>` : nothing;
    if (!worklist.isLoaded) return nothing;
    const isFiltered = !areSame(filters, NO_FILTERS);
    return html`<div class="card worklist-empty">
      <h2>${t("worklist.empty")}</h2>
      <p>${t(isFiltered ? "worklist.empty_filtered" : "worklist.empty_why")}</p>
      <a class="button" href=${isFiltered ? "#/worklist" : "#/upload"}>${t(isFiltered ? "worklist.all" : "upload.title")}</a>
    </div>`;
  }
}

customElements.define("bl-worklist", WorklistView);
