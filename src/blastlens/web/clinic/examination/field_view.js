/** View of one field: the image with its layers, its cells, and cells to compare with. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { path } from "../../shared/api.js";
import { PageElement } from "../../shared/element.js";
import { addKeys } from "../../shared/keyboard.js";
import { messageOf } from "../../shared/problem.js";
import { href, navigate } from "../../shared/router.js";
import { t } from "../../shared/texts.js";
import { context } from "../context.js";
import { whyUnchangeable } from "./core/signing.js";
import "./field_canvas.js";
import { fieldKeys } from "./field_keys.js";
import { adjustTemplate, cellTemplate, layersTemplate, pixelSizeSentence } from "./field_controls.js";
import { FieldLayers, PICTURE_LAYERS } from "./field_layers.js";
import { answerOf, currentReading } from "./field_list.js";
import { openExamination } from "./open.js";
import "./reference_cells.js";
import { decisionSupport } from "./summary.js";
import { kindTitle } from "./words.js";

/** Element of the route `…/fields/:field?cell=NUMBER`. Property: `route`. */
export class FieldView extends PageElement {
  static properties = {
    route: { attribute: false },
    version: { state: true },
    field: { state: true },
    image: { state: true },
    fault: { state: true },
    pictureFault: { state: true },
    fades: { state: true },
    adjust: { state: true },
    selected: { state: true },
    isMeasuring: { state: true },
    isComparing: { state: true },
    measured: { state: true },
  };

  constructor() {
    super();
    /** @type {any} */
    this.route = null;
    this.version = 0;
    /** @type {any} */
    this.field = null;
    /** @type {HTMLImageElement | null} */
    this.image = null;
    /** @type {unknown} */
    this.fault = null;
    this.pictureFault = "";
    this.fades = { outlines: 0.85, windows: 0, segmented: 0, heat: 0 };
    this.adjust = { brightness: 1, contrast: 1 };
    /** @type {number | null} */
    this.selected = null;
    this.isMeasuring = false;
    this.isComparing = false;
    this.measured = "";
    /** @type {FieldLayers | null} */
    this.layers = null;
    /** @type {ReturnType<typeof openExamination> | null} */
    this.opened = null;
    this.shown = "";
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(
      addKeys(
        fieldKeys({
          canvas: () => this.#canvasElement(),
          step: (by) => this.#step(by),
          goToField: (by) => this.#goToField(by),
          toggleOutlines: () => this.#fade("outlines", this.fades.outlines ? 0 : 0.85),
          toggleRuler: () => this.#toggleRuler(),
          toggleCompare: () => (this.isComparing = !this.isComparing),
          undo: () => this.#undo(),
          back: () => this.#back(),
          move: (kind) => this.#move(kind),
        }),
      ),
    );
    this.untilGone(() => this.ending?.());
    if (this.route) this.#open();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("route") && this.route && this.isConnected) this.#open();
  }

  #open() {
    const { patient, examination, field } = this.route.params;
    const cell = this.route.query.get("cell");
    this.selected = cell === null || cell === "" ? null : Number(cell);
    if (this.shown === this.route.address.split("?")[0]) return void this.#centre();
    this.shown = this.route.address.split("?")[0];
    this.ending?.();
    this.opened = openExamination(patient, examination);
    const { store } = this.opened;
    const changed = () => (this.version += 1);
    store.addEventListener("change", changed);
    this.ending = () => store.removeEventListener("change", changed);
    Object.assign(this, { field: null, image: null, fault: null, pictureFault: "", measured: "" });
    void this.#load(field);
  }

  /** @param {string} uploadId */
  async #load(uploadId) {
    const { store } = /** @type {any} */ (this.opened);
    this.fault = null;
    const address = this.shown;
    try {
      if (!store.examination) await store.load();
      if (store.error && !store.examination) throw store.error;
      void this.#readCells(uploadId);
      const field = store.field(uploadId) ?? (await store.readField(uploadId));
      if (this.shown !== address) return;
      this.field = field;
      this.layers = new FieldLayers(field, () => store.readField(uploadId), () => (this.version += 1));
      for (const name of PICTURE_LAYERS) if (this.fades[/** @type {"heat"} */ (name)] > 0) void this.layers.load(name);
      await this.#readImage(uploadId);
    } catch (error) {
      this.fault = error;
    }
  }

  /** @param {string} uploadId */
  async #readImage(uploadId) {
    const { images } = /** @type {any} */ (this.opened);
    const address = this.shown;
    this.pictureFault = "";
    try {
      const { image, isFallback } = await images.get(uploadId, this.field.links.image);
      if (this.shown !== address) return;
      this.image = image;
      this.pictureFault = isFallback ? t("field.fallback") : "";
      await this.#centre();
    } catch {
      if (this.shown === address) this.pictureFault = t("field.no_picture");
    }
  }

  /** Read on until the cells of this field are there, and those of the fields beside it. @param {string} uploadId */
  async #readCells(uploadId) {
    const { store } = /** @type {any} */ (this.opened);
    const pages = store.cellPages;
    if (!store.fields.items.length) void store.fields.load(50);
    while (!store.cellFields.has(uploadId) && !pages.isComplete && !pages.error) await pages.load(pages.items.length + 1);
    if (!pages.error) await this.#centre();
  }

  async #centre() {
    await this.updateComplete;
    const cell = this.#cells().find((one) => one.index === this.selected);
    if (cell) await this.#canvasElement()?.show(cell.box);
  }

  /** @returns {import("./field_canvas.js").FieldCanvas | null} */
  #canvasElement() {
    return this.querySelector("bl-field-canvas");
  }

  /** @returns {import("./core/cells.js").Cell[]} cells of the field, in their order */
  #cells() {
    const { store } = /** @type {any} */ (this.opened);
    const { field } = this.route.params;
    return [...store.moves.cells.values()].filter((one) => one.uploadId === field).sort((one, other) => one.index - other.index);
  }

  render() {
    if (!this.opened) return nothing;
    const { store } = this.opened;
    const { patient, examination, field } = this.route.params;
    const number = store.fields.items.findIndex((one) => one.upload_id === field) + 1;
    const back = href(path`/patients/${patient}/examinations/${examination}`);
    return html`<div class="exam field-view">
      <header class="exam-head">
        <div>
          <p class="exam-crumbs"><a href=${href(path`/patients/${patient}`)}>${t("exam.of_patient", { patient })}</a> / <a href=${back}>${t("exam.title")}</a></p>
          <h1 tabindex="-1">${number ? t("field_card.number_of", { number, count: Math.max(number, store.fields.items.length) }) : t("field.title")}</h1>
        </div>
        <div class="exam-row">
          <button class="small" aria-disabled=${number <= 1} @click=${() => this.#goToField(-1)}>${t("field.previous")}</button>
          <button class="small" aria-disabled=${number === 0 || number >= store.fields.items.length} @click=${() => this.#goToField(1)}>${t("field.next")}</button>
        </div>
      </header>
      ${store.isGone ? html`<div class="note error" role="alert"><p>${t("exam.gone")}</p></div>` : nothing}
      ${this.fault
        ? html`<div class="note error" role="alert"><p>${messageOf(this.fault)}</p><button class="small" @click=${() => this.#load(field)}>${t("problem.retry")}</button><a class="button small" href=${back}>${t("field.back")}</a></div>`
        : this.field ? this.#body(store) : html`<p role="status">${t("field.loading")}</p>`}
    </div>`;
  }

  /** @param {import("./examination_store.js").ExaminationStore} store */
  #body(store) {
    const cells = this.#cells();
    const withCells = store.cellFields.get(this.field.upload_id);
    const cell = cells.find((one) => one.index === this.selected) ?? null;
    const reading = currentReading(this.field);
    return html`<div class="field-columns">
      <div class="field-main">
        ${this.#tools()}
        ${this.pictureFault ? html`<div class="note caution" role="status"><p>${this.pictureFault}</p>${this.image ? nothing : html`<button class="small" @click=${() => this.#readImage(this.field.upload_id)}>${t("problem.retry")}</button>`}</div>` : nothing}
        ${this.image ? this.#canvas(withCells, cells) : this.pictureFault ? nothing : html`<div class="frame"><p role="status">${t("field.picture_loading")}</p></div>`}
        <p class="exam-small">${pixelSizeSentence(withCells ?? reading?.field)} ${this.measured}</p>
        ${store.cellPages.error && !withCells ? html`<div class="note caution"><p>${t("gallery.unread", { message: messageOf(store.cellPages.error) })}</p><button class="small" @click=${() => this.#readCells(this.field.upload_id)}>${t("problem.retry")}</button></div>` : nothing}
      </div>
      <aside class="exam-side" aria-label=${t("field.side")}>
        <section class="card" aria-labelledby="field-answer-title">
          <h2 id="field-answer-title">${t("field.answer")}</h2>
          ${reading ? answerOf(reading) : html`<p>${t("field_card.waiting")}</p>`}
          <p class="exam-small">${decisionSupport(store.examination)}</p>
        </section>
        ${cellTemplate({
          cell,
          place: cell ? cells.indexOf(cell) : 0,
          number: cells.length,
          without: withoutCells(reading, withCells),
          canMove: this.#whyNot() === null,
          onStep: (step) => this.#step(step),
          onMove: (kind) => this.#move(kind),
          onUndo: () => this.#undo(),
          canUndo: store.moves.done.length > 0,
        })}
        ${this.isComparing ? html`<bl-reference-cells .cell=${cell} .field=${withCells} .images=${this.opened?.images}></bl-reference-cells>` : nothing}
        ${layersTemplate({
          fades: this.fades,
          states: this.layers?.states ?? {},
          onFade: (name, value) => this.#fade(name, value),
          onRetry: (name) => this.layers?.load(name),
        })}
        ${adjustTemplate({ adjust: this.adjust, onAdjust: (part) => (this.adjust = { ...this.adjust, ...part }) })}
      </aside>
    </div>`;
  }

  #tools() {
    const canvas = () => this.#canvasElement();
    return html`<div class="field-tools" role="group" aria-label=${t("field.tools")}>
      <button class="small" aria-label=${t("keys.zoom_in")} title=${t("keys.zoom_in")} @click=${() => canvas()?.zoomBy(1)}>+</button>
      <button class="small" aria-label=${t("keys.zoom_out")} title=${t("keys.zoom_out")} @click=${() => canvas()?.zoomBy(-1)}>−</button>
      <button class="small" @click=${() => canvas()?.fit()}>${t("field.fit")}</button>
      <button class="small" aria-pressed=${this.isMeasuring} @click=${() => this.#toggleRuler()}>${t("field.ruler")}</button>
      <button class="small" aria-pressed=${this.isComparing} @click=${() => (this.isComparing = !this.isComparing)}>${t("field.compare")}</button>
    </div>`;
  }

  /** @param {any} withCells @param {import("./core/cells.js").Cell[]} cells */
  #canvas(withCells, cells) {
    const image = /** @type {HTMLImageElement} */ (this.image);
    this.size = sizeOf(withCells, image, this.size);
    return html`<bl-field-canvas
      .size=${this.size}
      .image=${image}
      .layers=${this.layers?.images ?? {}}
      .fades=${this.fades}
      .cells=${cells}
      .windows=${withCells?.windows ?? []}
      .selected=${this.selected}
      .pixelSizeUm=${withCells?.pixel_size_um ?? currentReading(this.field)?.field?.pixel_size_um ?? null}
      .adjust=${this.adjust}
      .isMeasuring=${this.isMeasuring}
      @select-cell=${(/** @type {CustomEvent} */ event) => this.#select(event.detail)}
      @measured=${(/** @type {CustomEvent} */ event) => (this.measured = t("field.measured", { length: event.detail }))}
    ></bl-field-canvas>`;
  }

  /** @param {string} name @param {number} value */
  #fade(name, value) {
    this.fades = { ...this.fades, [name]: value };
    if (value > 0 && PICTURE_LAYERS.includes(name)) void this.layers?.load(name);
  }

  /** @param {number | null} number */
  #select(number) {
    this.selected = number;
    const address = `#${this.shown}${number === null ? "" : `?cell=${number}`}`;
    history.replaceState(history.state, "", address);
    const cell = this.#cells().find((one) => one.index === number);
    if (cell) announce(kindTitle(cell.kind));
  }

  /** @param {number} step */
  #step(step) {
    const cells = this.#cells();
    if (cells.length === 0) return;
    const at = cells.findIndex((one) => one.index === this.selected);
    const next = at < 0 ? (step > 0 ? 0 : cells.length - 1) : (at + step + cells.length) % cells.length;
    this.#select(cells[next].index);
    void this.#centre();
  }

  /** @param {string} kind */
  #move(kind) {
    const { store } = /** @type {any} */ (this.opened);
    const cell = this.#cells().find((one) => one.index === this.selected);
    if (!cell) return announce(t("cell.choose"));
    const whyNot = this.#whyNot();
    if (whyNot !== null) return announce(t(whyNot));
    const number = store.moves.move([cell.id], kind);
    announce(number ? `${t("gallery.moved", { count: 1, kind: kindTitle(kind) })} ${t("gallery.undo_hint")}` : t("gallery.same", { kind: kindTitle(kind) }));
  }

  #whyNot() {
    return whyUnchangeable(/** @type {any} */ (this.opened).store.examination, context().person.roles);
  }

  #undo() {
    const whyNot = this.#whyNot();
    if (whyNot !== null) return announce(t(whyNot));
    const step = /** @type {any} */ (this.opened).store.moves.undo();
    announce(step ? t("gallery.undone", { count: step.cells.length }) : t("gallery.nothing_to_undo"));
  }

  #toggleRuler() {
    this.isMeasuring = !this.isMeasuring;
    this.measured = "";
    announce(t(this.isMeasuring ? "field.ruler_on" : "field.ruler_off"));
  }

  /** @param {number} step */
  #goToField(step) {
    const { store } = /** @type {any} */ (this.opened);
    const { patient, examination, field } = this.route.params;
    const at = store.fields.items.findIndex((/** @type {any} */ one) => one.upload_id === field);
    const next = at < 0 ? undefined : store.fields.items[at + step];
    if (next) navigate(href(path`/patients/${patient}/examinations/${examination}/fields/${next.upload_id}`), { replace: true });
  }

  /** End what is being done, else go back to the examination. */
  #back() {
    if (this.isMeasuring) return this.#toggleRuler();
    const { patient, examination } = this.route.params;
    navigate(href(path`/patients/${patient}/examinations/${examination}`));
  }
}

/** Return the key of why a field has no cells. @param {any} reading @param {any} withCells */
function withoutCells(reading, withCells) {
  if (!reading || reading.reason) return "cell.not_read";
  return withCells?.missing ? "cell.lost" : "cell.none";
}

/**
 * Size of a field in pixels as uploaded: that of its cells where they are there, else that of the picture. The object
 * stays the same one while the size does, so that the viewport stays, too.
 *
 * @param {any} withCells @param {HTMLImageElement} image @param {{width: number, height: number} | undefined} before
 */
function sizeOf(withCells, image, before) {
  const width = withCells?.width ?? image.naturalWidth;
  const height = withCells?.height ?? image.naturalHeight;
  return before && before.width === width && before.height === height ? before : { width, height };
}

customElements.define("bl-field-view", FieldView);
