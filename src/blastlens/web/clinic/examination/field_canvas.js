/** Viewer of one field: zoom and pan by wheel, pinch, drag and keys; layers over it; a ruler and a scale bar. */

import { html, nothing, svg } from "lit";
import { PageElement } from "../../shared/element.js";
import { elementStyle } from "../../shared/element_style.js";
import { formatNumber, t } from "../../shared/texts.js";
import { measure, scaleBar } from "./core/ruler.js";
import { centreOn, fit, keepInside, limits, pan, toImage, zoomAt } from "./core/viewport.js";
import { PointerTracker } from "./pointer_tracker.js";
import { formatRoundUm, formatUm } from "./words.js";

const STEP = 60; // CSS pixels of a key's step
const ZOOM_STEP = 1.25;

/**
 * Element; it dispatches `select-cell` with a cell's number, and `measured` with a text.
 *
 * Properties: `size` of the field in pixels, `image`, `layers` (name -> image), `fades` (name -> opacity, 0 to 1),
 * `cells`, `windows`, `selected`, `pixelSizeUm`, `adjust` (brightness and contrast as factors), `isMeasuring`.
 */
export class FieldCanvas extends PageElement {
  static properties = {
    size: { attribute: false },
    image: { attribute: false },
    layers: { attribute: false },
    fades: { attribute: false },
    cells: { attribute: false },
    windows: { attribute: false },
    selected: { attribute: false },
    pixelSizeUm: { attribute: false },
    adjust: { attribute: false },
    isMeasuring: { attribute: false },
    view: { state: true },
    ruler: { state: true },
  };

  constructor() {
    super();
    /** @type {{width: number, height: number}} */
    this.size = { width: 1, height: 1 };
    /** @type {HTMLImageElement | null} */
    this.image = null;
    /** @type {Record<string, HTMLImageElement | null>} */
    this.layers = {};
    /** @type {Record<string, number>} */
    this.fades = {};
    /** @type {import("./core/cells.js").Cell[]} */
    this.cells = [];
    /** @type {[number, number, number, number][]} */
    this.windows = [];
    /** @type {number | null} */
    this.selected = null;
    /** @type {number | null} */
    this.pixelSizeUm = null;
    this.adjust = { brightness: 1, contrast: 1 };
    this.isMeasuring = false;
    /** @type {import("./core/viewport.js").Viewport | null} */
    this.view = null;
    /** @type {{from: {x: number, y: number}, to: {x: number, y: number}} | null} */
    this.ruler = null;
  }

  firstUpdated() {
    const frame = /** @type {HTMLElement} */ (this.querySelector(".frame"));
    this.frameElement = frame;
    frame.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    new PointerTracker(frame, {
      start: (point) => this.#startRuler(point),
      drag: (right, down, point) => this.#onDrag(right, down, point),
      pinch: (factor, point) => this.#zoom(factor, point),
      tap: (event) => this.#onTap(event),
    });
    const resized = new ResizeObserver(() => this.#onResize());
    resized.observe(frame);
    this.untilGone(() => resized.disconnect());
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("size") && this.frameElement) this.view = null;
    if (changed.has("isMeasuring") && !this.isMeasuring) this.ruler = null;
    if (this.frameElement && !this.view) this.view = fit(this.size, this.frame);
  }

  /** Size of the frame in CSS pixels. */
  get frame() {
    const { clientWidth: width, clientHeight: height } = /** @type {HTMLElement} */ (this.frameElement);
    return { width: Math.max(1, width), height: Math.max(1, height) };
  }

  render() {
    const { view, size } = this;
    const { brightness, contrast } = this.adjust;
    return html`<div class="frame ${this.isMeasuring ? "measuring" : ""}" tabindex="0" role="application" aria-roledescription=${t("canvas.role")} aria-label=${t("canvas.label")} aria-describedby="canvas-keys" @keydown=${this.#onKey}>
        <div class="canvas-stage" ${elementStyle(view ? stageStyle(view, size) : {})}>
          <div class="plane" ${elementStyle({ filter: `brightness(${brightness}) contrast(${contrast})` })}>
            ${this.image}
            ${Object.entries(this.layers).map(([name, image]) =>
              image ? html`<div class="layer" ${elementStyle({ opacity: String(this.fades[name] ?? 0) })}>${image}</div>` : nothing,
            )}
          </div>
          ${this.#drawing()}
        </div>
        ${view ? this.#scale(view) : nothing}
      </div>
      <p id="canvas-keys" class="visually-hidden">${t("canvas.keys")}</p>`;
  }

  #drawing() {
    const { width, height } = this.size;
    const line = 1.5 / (this.view?.scale ?? 1);
    return html`<svg class="drawing" viewBox="0 0 ${width} ${height}" aria-hidden="true">
      <g ${elementStyle({ opacity: String(this.fades.windows ?? 0) })}>
        ${this.windows.map(([left, top, wide, high]) => svg`<rect class="window" x=${left} y=${top} width=${wide} height=${high} stroke-width=${line} />`)}
      </g>
      <g ${elementStyle({ opacity: String(this.fades.outlines ?? 0) })}>
        ${this.cells.map((cell) => svg`<polygon class="outline ${cell.index === this.selected ? "selected" : ""}" data-kind=${cell.kind} data-cell=${cell.index} points=${cornersOf(cell)} stroke-width=${cell.index === this.selected ? 2 * line : line} />`)}
      </g>
      ${this.ruler ? this.#rulerLine(this.ruler, line) : nothing}
    </svg>`;
  }

  /** @param {{from: {x: number, y: number}, to: {x: number, y: number}}} ruler @param {number} line */
  #rulerLine({ from, to }, line) {
    return svg`<g class="ruler"><line class="ruler-edge" x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} stroke-width=${4 * line} />
      <line x1=${from.x} y1=${from.y} x2=${to.x} y2=${to.y} stroke-width=${2 * line} />
      <circle cx=${from.x} cy=${from.y} r=${4 * line} /><circle cx=${to.x} cy=${to.y} r=${4 * line} /></g>`;
  }

  /** @param {import("./core/viewport.js").Viewport} view */
  #scale(view) {
    const zoom = formatNumber(view.scale * (devicePixelRatio || 1), { style: "percent", maximumFractionDigits: 0 });
    const bar = this.pixelSizeUm ? scaleBar(this.pixelSizeUm / view.scale) : null;
    return html`<div class="frame-foot">
      ${bar
        ? html`<span class="scale-bar"><span class="scale-line" ${elementStyle({ width: `${bar.pixels}px` })}></span>${formatRoundUm(bar.um)}</span>`
        : html`<span class="scale-none">${t("canvas.no_scale")}</span>`}
      ${this.ruler ? html`<span class="ruler-text">${this.measuredText()}</span>` : nothing}
      <span class="zoom numeric">${zoom}</span>
    </div>`;
  }

  /** Length of the ruler in words. */
  measuredText() {
    if (!this.ruler) return "";
    const { um, pixels } = measure(this.ruler.from, this.ruler.to, this.pixelSizeUm);
    const inPixels = t("canvas.pixels", { count: Math.round(pixels) });
    return um === null ? inPixels : `${formatUm(um)} (${inPixels})`;
  }

  /** Show the whole field. */
  fit() {
    this.view = fit(this.size, this.frame);
  }

  /** Zoom in (1) or out (-1) around the middle. @param {number} direction */
  zoomBy(direction) {
    this.#zoom(ZOOM_STEP ** (2 * direction), { x: this.frame.width / 2, y: this.frame.height / 2 });
  }

  /** Show a cell in the middle. @param {[number, number, number, number]} box */
  async show(box) {
    await this.updateComplete;
    if (this.frameElement) this.view = keepInside(centreOn(box, this.size, this.frame), this.size, this.frame);
  }

  /** @param {number} factor @param {{x: number, y: number}} point */
  #zoom(factor, point) {
    if (!this.view) return;
    this.view = keepInside(zoomAt(this.view, factor, point, limits(this.size, this.frame)), this.size, this.frame);
  }

  /** @param {number} right @param {number} down */
  #pan(right, down) {
    if (this.view) this.view = pan(this.view, right, down, this.size, this.frame);
  }

  #onResize() {
    if (!this.view || !this.frameElement) return this.requestUpdate();
    this.view = keepInside(this.view, this.size, this.frame);
  }

  /** @param {WheelEvent} event */
  #onWheel(event) {
    event.preventDefault();
    const box = /** @type {HTMLElement} */ (this.frameElement).getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.0018; // a pinch on a touchpad comes as a small wheel with Ctrl
    this.#zoom(Math.exp(-event.deltaY * lines * speed), { x: event.clientX - box.left, y: event.clientY - box.top });
  }

  /** @param {{x: number, y: number}} point */
  #startRuler(point) {
    if (!this.isMeasuring || !this.view) return;
    const at = toImage(this.view, point);
    this.ruler = { from: at, to: at };
  }

  /** @param {number} right @param {number} down @param {{x: number, y: number}} point */
  #onDrag(right, down, point) {
    if (!this.isMeasuring || !this.view || !this.ruler) return this.#pan(right, down);
    this.ruler = { ...this.ruler, to: toImage(this.view, point) };
    this.#measured();
  }

  #measured() {
    this.dispatchEvent(new CustomEvent("measured", { bubbles: true, detail: this.measuredText() }));
  }

  /** @param {PointerEvent} event */
  #onTap(event) {
    if (this.isMeasuring) return;
    const cell = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-cell]");
    const number = cell ? Number(/** @type {SVGElement} */ (cell).dataset.cell) : null;
    this.dispatchEvent(new CustomEvent("select-cell", { bubbles: true, detail: number }));
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.isMeasuring) this.#moveRuler(step, event.shiftKey);
    else this.#pan(step[0] * STEP, step[1] * STEP);
  }

  /** Arrows move the ruler's end, with Shift its start: the keyboard's way to measure. @param {number[]} step @param {boolean} isStart */
  #moveRuler([right, down], isStart) {
    if (!this.view) return;
    const distance = 2 / this.view.scale;
    const middle = toImage(this.view, { x: this.frame.width / 2, y: this.frame.height / 2 });
    const ruler = this.ruler ?? { from: middle, to: { x: middle.x + 40 / this.view.scale, y: middle.y } };
    const end = isStart ? "from" : "to";
    this.ruler = { ...ruler, [end]: { x: ruler[end].x - right * distance, y: ruler[end].y - down * distance } };
    this.#measured();
  }
}

/** @param {import("./core/viewport.js").Viewport} view @param {{width: number, height: number}} size */
function stageStyle({ scale, left, top }, { width, height }) {
  return { width: `${width}px`, height: `${height}px`, transform: `translate(${left}px, ${top}px) scale(${scale})` };
}

/** Corners of a cell's outline, of its box where there is none. @param {import("./core/cells.js").Cell} cell */
function cornersOf({ outline, box: [left, top, width, height] }) {
  const corners = outline.length > 2 ? outline : [[left, top], [left + width, top], [left + width, top + height], [left, top + height]];
  return corners.map((corner) => corner.join(",")).join(" ");
}

customElements.define("bl-field-canvas", FieldCanvas);
