/** Gallery of white cells by class: selected by click or key, moved by drag, key or menu, opened in their field. */

import { html, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { announce } from "../../shared/announcements.js";
import { areSingleKeysOn } from "../../shared/keyboard.js";
import { PageElement } from "../../shared/element.js";
import { formatShare, t } from "../../shared/texts.js";
import "./pictures.js";
import { cropSide, groupByKind, isUncertain, sureness } from "./core/cells.js";
import { sharesOf } from "./core/differential.js";
import { KINDS, kindOfKey } from "./core/kinds.js";
import { nextPlace } from "./core/grid_keys.js";
import { openCellMenu } from "./cell_menu.js";
import { cellDetails, cellLabel } from "./cell_words.js";
import { galleryNotes } from "./gallery_notes.js";
import { kindShort, kindTitle } from "./words.js";

/** Cells of a class that are shown at first, and with each step. */
const SHOWN = matchMedia("(max-width: 34rem)").matches ? 12 : 36;

/** @typedef {import("./core/cells.js").Cell} Cell */

/** Element; it dispatches `open-cell` with a cell. Properties: `store`, `images`, `whyNot`, `onlyUncertain`. */
export class CellGallery extends PageElement {
  static properties = {
    store: { attribute: false },
    images: { attribute: false },
    whyNot: { attribute: false },
    onlyUncertain: { type: Boolean },
    version: { type: Number },
    first: { state: true },
    selected: { state: true },
    dropKind: { state: true },
    isDragging: { state: true },
    missing: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./examination_store.js").ExaminationStore | null} */
    this.store = null;
    /** @type {import("./field_images.js").FieldImages | null} */
    this.images = null;
    /** Key of the text that says why cells cannot be moved; null where they can. @type {string | null} */
    this.whyNot = null;
    this.onlyUncertain = false;
    /** @type {"unsure" | "sure"} */
    this.first = "unsure";
    /** @type {Set<string>} */
    this.selected = new Set();
    /** @type {Map<string, number>} kind -> cells that are shown */
    this.shown = new Map();
    /** @type {Map<string, string>} kind -> id of the cell that the tab key reaches */
    this.current = new Map();
    this.dropKind = "";
    /** @type {Set<string>} */
    this.missing = new Set();
    this.sides = new Map();
    /** @type {string[]} ids of the cells that are dragged */
    this.dragged = [];
    this.isDragging = false;
  }

  get canMove() {
    return this.whyNot === null;
  }

  render() {
    const store = /** @type {import("./examination_store.js").ExaminationStore} */ (this.store);
    const cells = this.onlyUncertain ? store.cells.filter(isUncertain) : store.cells;
    this.groups = groupByKind(cells, KINDS, this.first);
    return html`
      ${this.#toolbar(store)} ${galleryNotes(store, this.missing.size, () => this.#retryPictures())}
      <div class="gallery" @cell-shown=${this.#onShown} @picture-missing=${this.#onMissing} @dragend=${this.#onDragEnd}>
        ${[...this.groups].map(([kind, group]) => this.#group(kind, group))}
      </div>
      ${this.isDragging ? this.#targets() : this.#actions()}
    `;
  }

  updated() {
    // A picture whose element shows another cell now is drawn again when it is on the screen.
    for (const picture of this.querySelectorAll("bl-cell-picture")) /** @type {any} */ (picture).renew();
  }

  /** @param {import("./examination_store.js").ExaminationStore} store */
  #toolbar(store) {
    const uncertain = store.cells.filter(isUncertain).length;
    return html`<div class="gallery-tools">
      <fieldset class="segments">
        <legend class="visually-hidden">${t("gallery.order")}</legend>
        ${["unsure", "sure"].map(
          (one) => html`<label><input type="radio" name="order" .checked=${this.first === one} @change=${() => this.#order(one)} />${t(`gallery.${one}`)}</label>`,
        )}
      </fieldset>
      <label class="check"><input type="checkbox" .checked=${this.onlyUncertain} @change=${this.#filter} />${t("gallery.uncertain", { count: uncertain })}</label>
      ${this.canMove
        ? html`<button class="small" aria-disabled=${store.moves.done.length === 0} @click=${() => this.undo()}>${t("gallery.undo")}</button>`
        : nothing}
    </div>`;
  }

  /** @param {string} kind @param {Cell[]} group */
  #group(kind, group) {
    const shown = group.slice(0, this.shown.get(kind) ?? SHOWN);
    const place = KINDS.indexOf(kind);
    const { share } = this.store?.moves.differential ? sharesOf(this.store.moves.differential, [kind])[0] : { share: null };
    return html`<section
      class="gallery-group ${this.dropKind === kind ? "dropping" : ""}"
      data-kind=${kind}
      aria-labelledby="kind-${kind}"
      @dragover=${(/** @type {DragEvent} */ event) => this.#onDragOver(event, kind)}
      @dragleave=${() => (this.dropKind = "")}
      @drop=${(/** @type {DragEvent} */ event) => this.#onDrop(event, kind)}
    >
      <h3>
        <span class="swatch" aria-hidden="true"></span><span id="kind-${kind}">${kindTitle(kind)}</span>
        <span class="gallery-count numeric">${group.length}${share && !this.onlyUncertain ? ` · ${formatShare(share)}` : ""}</span>
        ${place >= 0 && this.canMove ? html`<kbd aria-hidden="true">${place + 1}</kbd>` : nothing}
      </h3>
      ${group.length === 0
        ? html`<p class="gallery-empty">${this.canMove ? t("gallery.empty") : t("gallery.empty_reader")}</p>`
        : html`<div class="cells" role="listbox" aria-multiselectable="true" aria-labelledby="kind-${kind}" @keydown=${(/** @type {KeyboardEvent} */ event) => this.#onKey(event, kind)}>
            ${repeat(shown, (cell) => cell.id, (cell) => this.#cell(cell, shown))}
          </div>`}
      ${shown.length < group.length
        ? html`<button class="quiet small" @click=${() => this.#showMore(kind)}>${t("gallery.more", { count: Math.min(SHOWN, group.length - shown.length) })}</button>`
        : nothing}
    </section>`;
  }

  /** @param {Cell} cell @param {Cell[]} shown */
  #cell(cell, shown) {
    const known = this.current.get(cell.kind);
    const isCurrent = shown.some((one) => one.id === known) ? known === cell.id : shown[0] === cell;
    const field = this.store?.cellFields.get(cell.uploadId);
    const label = cellLabel(cell, [...(this.store?.cellFields.keys() ?? [])].indexOf(cell.uploadId) + 1);
    return html`<div
      class="cell ${cell.moved && cell.kind !== cell.modelKind ? "moved" : ""}"
      role="option"
      id="cell-${cell.id}"
      data-cell=${cell.id}
      tabindex=${isCurrent ? 0 : -1}
      aria-selected=${this.selected.has(cell.id)}
      aria-label=${label}
      title=${label}
      draggable=${this.canMove ? "true" : "false"}
      @click=${(/** @type {MouseEvent} */ event) => this.#onClick(event, cell)}
      @focus=${() => this.current.set(cell.kind, cell.id)}
      @contextmenu=${(/** @type {MouseEvent} */ event) => this.#onMenu(event, cell)}
      @dragstart=${(/** @type {DragEvent} */ event) => this.#onDragStart(event, cell)}
    >
      <bl-cell-picture .cell=${cell} .field=${field} .side=${this.#side(field)} .images=${this.images}></bl-cell-picture>
      <span class="cell-sure numeric" aria-hidden="true">${cell.moved ? (cell.kind === cell.modelKind ? "✓" : "✎") : formatShare(sureness(cell))}</span>
    </div>`;
  }

  /** Classes to drop a cell on while it is dragged: most of them are not on the screen then. */
  #targets() {
    return html`<div class="gallery-actions targets" aria-hidden="true">
      ${KINDS.map((kind) => html`<div
        class="target ${this.dropKind === kind ? "dropping" : ""}"
        data-kind=${kind}
        @dragover=${(/** @type {DragEvent} */ event) => this.#onDragOver(event, kind)}
        @dragleave=${() => (this.dropKind = "")}
        @drop=${(/** @type {DragEvent} */ event) => this.#onDrop(event, kind)}
      ><span class="swatch"></span>${kindShort(kind)}</div>`)}
    </div>`;
  }

  /** What is selected, and what can be done with it. */
  #actions() {
    const cells = this.#chosen();
    if (cells.length === 0) return nothing;
    const [one] = cells;
    const from = new Set(cells.map((cell) => cell.kind));
    return html`<div class="gallery-actions" role="group" aria-label=${t("gallery.selected", { count: cells.length })}>
      <p><strong>${t("gallery.selected", { count: cells.length })}</strong> ${cells.length === 1 ? cellDetails(one) : nothing}</p>
      <button class="small quiet" @click=${() => this.#select([])}>${t("gallery.unselect")}</button>
      <div>
        ${cells.length === 1 ? html`<button class="small" @click=${() => this.#open(one)}>${t("gallery.open")}</button>` : nothing}
        ${this.canMove
          ? KINDS.map(
              (kind, place) => html`<button class="small" data-kind=${kind} aria-disabled=${from.size === 1 && from.has(kind)} aria-keyshortcuts=${place + 1} @click=${() => this.moveSelected(kind)}>
                <span class="swatch" aria-hidden="true"></span>${kindShort(kind)} <kbd aria-hidden="true">${place + 1}</kbd>
              </button>`,
            )
          : nothing}
      </div>
    </div>`;
  }

  /** @param {any} field */
  #side(field) {
    if (!field) return 64;
    if (!this.sides.has(field)) {
      const cells = this.store?.cells.filter((cell) => cell.uploadId === field.upload_id) ?? [];
      this.sides.set(field, cropSide(cells, field.pixel_size_um));
    }
    return this.sides.get(field);
  }

  #chosen() {
    return [...this.selected].flatMap((id) => this.store?.moves.cells.get(id) ?? []);
  }

  /** @param {string[]} ids */
  #select(ids) {
    this.selected = new Set(ids);
  }

  /** @param {string} order */
  #order(order) {
    this.first = /** @type {"unsure" | "sure"} */ (order);
  }

  /** @param {Event} event */
  #filter(event) {
    this.onlyUncertain = /** @type {HTMLInputElement} */ (event.target).checked;
  }

  /** @param {string} kind */
  async #showMore(kind) {
    const before = this.shown.get(kind) ?? SHOWN;
    this.shown.set(kind, before + SHOWN);
    this.requestUpdate();
    await this.updateComplete;
    this.#optionsOf(kind)[before]?.focus();
  }

  /** @param {string} kind @returns {HTMLElement[]} */
  #optionsOf(kind) {
    return [...this.querySelectorAll(`section[data-kind="${CSS.escape(kind)}"] [role=option]`)].map((one) => /** @type {HTMLElement} */ (one));
  }

  /** @param {MouseEvent} event @param {Cell} cell */
  #onClick(event, cell) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) this.#toggle(cell.id);
    else this.#select([cell.id]);
    /** @type {HTMLElement} */ (event.currentTarget).focus();
    if (event.detail === 2) this.#open(cell);
  }

  /** @param {string} id */
  #toggle(id) {
    const next = new Set(this.selected);
    if (!next.delete(id)) next.add(id);
    this.selected = next;
  }

  /** @param {Cell} cell */
  #open(cell) {
    this.dispatchEvent(new CustomEvent("open-cell", { bubbles: true, detail: cell }));
  }

  /** @param {KeyboardEvent} event @param {string} kind */
  #onKey(event, kind) {
    const options = this.#optionsOf(kind);
    const at = options.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const cell = this.store?.moves.cells.get(options[at]?.dataset.cell ?? "");
    if (!cell || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = kindOfKey(event.key);
    if (to && areSingleKeysOn()) this.#moveByKey(cell, to, at);
    else if (event.key === "Enter") this.#open(cell);
    else if (event.key === " ") this.#toggle(cell.id);
    else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey) || (event.key === "m" && areSingleKeysOn())) this.#menu(options[at], cell);
    else if (event.key === "Escape" && this.selected.size) this.#select([]);
    else {
      const next = nextPlace(event.key, at, options.length, columnsOf(options));
      if (next === null) return;
      options[next].focus();
      if (event.shiftKey) this.#toggle(options[next].dataset.cell ?? "");
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {Cell} cell @param {string} kind @param {number} at */
  async #moveByKey(cell, kind, at) {
    if (!this.selected.has(cell.id)) this.#select([cell.id]);
    await this.moveSelected(kind, cell.kind, at);
  }

  /**
   * Move what is selected, and keep the focus where the cell was, so that the next one can follow.
   *
   * @param {string} kind
   * @param {string} [from] class of the cell that had the focus
   * @param {number} [at] its place in it
   */
  async moveSelected(kind, from, at = 0) {
    const store = this.store;
    if (!store) return;
    if (this.whyNot !== null) return announce(t(this.whyNot));
    const ids = [...this.selected];
    const number = store.moves.move(ids, kind);
    if (number === 0) return announce(t("gallery.same", { kind: kindTitle(kind) }));
    this.#select([]);
    const { differential } = store.moves;
    announce(
      `${t("gallery.moved", { count: number, kind: kindTitle(kind) })} ${differential ? t("gallery.blasts_now", { blasts: differential.blasts, cells: differential.cells }) : ""} ${t("gallery.undo_hint")}`,
    );
    this.requestUpdate();
    await this.updateComplete;
    const options = from ? this.#optionsOf(from) : [];
    (options[Math.min(at, options.length - 1)] ?? this.querySelector(`[id="cell-${CSS.escape(ids[0])}"]`))?.focus?.();
  }

  /** Take the last move back. */
  undo() {
    if (this.whyNot !== null) return announce(t(this.whyNot));
    const step = this.store?.moves.undo();
    announce(step ? t("gallery.undone", { count: step.cells.length }) : t("gallery.nothing_to_undo"));
  }

  /** @param {MouseEvent} event @param {Cell} cell */
  #onMenu(event, cell) {
    event.preventDefault();
    this.#menu(/** @type {HTMLElement} */ (event.currentTarget), cell, { x: event.clientX, y: event.clientY });
  }

  /** @param {HTMLElement} option @param {Cell} cell @param {{x: number, y: number}} [point] */
  async #menu(option, cell, point) {
    if (!this.selected.has(cell.id)) this.#select([cell.id]);
    const at = this.#optionsOf(cell.kind).indexOf(option);
    const chosen = await openCellMenu(option, { canMove: this.canMove, kind: cell.kind, point });
    if (chosen === "open") this.#open(cell);
    else if (chosen) await this.moveSelected(chosen, cell.kind, at);
    else option.focus();
  }

  /** Browsers end a drag when the document changes at its very start: the targets come right after. @param {DragEvent} event @param {Cell} cell */
  #onDragStart(event, cell) {
    this.dragged = this.selected.has(cell.id) ? [...this.selected] : [cell.id];
    event.dataTransfer?.setData("text/plain", t("gallery.selected", { count: this.dragged.length }));
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    setTimeout(() => (this.isDragging = this.dragged.length > 0));
  }

  #onDragEnd() {
    this.dragged = [];
    this.isDragging = false;
    this.dropKind = "";
  }

  /** @param {DragEvent} event @param {string} kind */
  #onDragOver(event, kind) {
    if (this.dragged.length === 0 || !KINDS.includes(kind)) return;
    event.preventDefault();
    this.dropKind = kind;
  }

  /** @param {DragEvent} event @param {string} kind */
  #onDrop(event, kind) {
    event.preventDefault();
    const ids = this.dragged;
    this.#onDragEnd();
    if (ids.length === 0) return;
    this.#select(ids);
    void this.moveSelected(kind);
  }

  /** @param {CustomEvent<string>} event */
  #onShown(event) {
    const { store } = this;
    if (!store || store.seenCells.has(event.detail)) return;
    store.seenCells.add(event.detail);
    this.dispatchEvent(new CustomEvent("cells-seen", { bubbles: true }));
  }

  /** @param {CustomEvent<string>} event */
  #onMissing(event) {
    if (!this.missing.has(event.detail)) this.missing = new Set([...this.missing, event.detail]);
  }

  #retryPictures() {
    this.missing = new Set();
  }
}

/** Return in how many columns options lie. @param {HTMLElement[]} options */
function columnsOf(options) {
  const columns = options.findIndex((one) => one.offsetTop > options[0].offsetTop);
  return columns < 0 ? options.length : columns;
}

customElements.define("bl-cell-gallery", CellGallery);
