/** Controls beside a field: layers, brightness and contrast, and the cell that is selected. */

import { html, nothing } from "lit";
import { formatNumber, formatShare, t } from "../../shared/texts.js";
import { sureness } from "./core/cells.js";
import { KINDS } from "./core/kinds.js";
import { formatUm, kindShort, kindTitle, pixelSizeSource } from "./words.js";

/** Layers in the order of their controls. */
export const LAYERS = ["outlines", "windows", "segmented", "heat"];

/**
 * @param {{fades: Record<string, number>, states: Record<string, string>, onFade: (name: string, value: number) => void,
 *   onRetry: (name: string) => void}} options
 */
export function layersTemplate({ fades, states, onFade, onRetry }) {
  return html`<section class="card" aria-labelledby="layers-title">
    <h2 id="layers-title">${t("layers.title")}</h2>
    ${LAYERS.map((name) => {
      const state = states[name] ?? "shown";
      if (state === "none") return html`<p class="exam-small">${t("layers.none", { layer: t(`layers.${name}`) })}</p>`;
      return html`<div class="slider">
        <label for="layer-${name}">${t(`layers.${name}`)}</label>
        <input id="layer-${name}" type="range" min="0" max="100" step="5" .value=${String(Math.round(fades[name] * 100))} aria-valuetext=${formatShare(fades[name])} @input=${(/** @type {any} */ event) => onFade(name, event.target.value / 100)} />
        <output for="layer-${name}" class="numeric">${formatShare(fades[name])}</output>
        ${state === "loading" ? html`<p class="exam-small" role="status">${t("layers.loading")}</p>` : nothing}
        ${state === "failed" ? html`<p class="error" role="alert">${t("layers.failed")} <button class="small" @click=${() => onRetry(name)}>${t("problem.retry")}</button></p>` : nothing}
      </div>`;
    })}
    <p class="exam-small">${t("layers.note")}</p>
  </section>`;
}

/**
 * @param {{adjust: {brightness: number, contrast: number}, onAdjust: (adjust: object) => void}} options
 */
export function adjustTemplate({ adjust, onAdjust }) {
  const isPlain = adjust.brightness === 1 && adjust.contrast === 1;
  return html`<section class="card" aria-labelledby="adjust-title">
    <h2 id="adjust-title">${t("adjust.title")}</h2>
    ${/** @type {const} */ (["brightness", "contrast"]).map((name) => html`<div class="slider">
      <label for="adjust-${name}">${t(`adjust.${name}`)}</label>
      <input id="adjust-${name}" type="range" min="0.4" max="2" step="0.05" .value=${String(adjust[name])} aria-valuetext=${formatShare(adjust[name])} @input=${(/** @type {any} */ event) => onAdjust({ [name]: Number(event.target.value) })} />
      <output for="adjust-${name}" class="numeric">${formatShare(adjust[name])}</output>
    </div>`)}
    <button class="small" aria-disabled=${isPlain} @click=${() => onAdjust({ brightness: 1, contrast: 1 })}>${t("adjust.reset")}</button>
  </section>`;
}

/**
 * @param {{cell: import("./core/cells.js").Cell | null, place: number, number: number, without: string, canMove: boolean,
 *   onStep: (step: number) => void, onMove: (kind: string) => void, onUndo: () => void, canUndo: boolean}} options
 */
export function cellTemplate({ cell, place, number, without, canMove, onStep, onMove, onUndo, canUndo }) {
  return html`<section class="card field-cell" aria-labelledby="cell-title">
    <div class="exam-row between">
      <h2 id="cell-title">${cell ? t("cell.number", { number: place + 1, count: number }) : t("cell.cells", { count: number })}</h2>
      <span class="exam-row">
        <button class="small" aria-label=${t("cell.previous")} title=${t("cell.previous")} aria-disabled=${number === 0} @click=${() => onStep(-1)}>‹</button>
        <button class="small" aria-label=${t("cell.next")} title=${t("cell.next")} aria-disabled=${number === 0} @click=${() => onStep(1)}>›</button>
      </span>
    </div>
    ${cell ? facts(cell) : html`<p class="exam-small">${t(number ? "cell.choose" : without)}</p>`}
    ${cell && canMove
      ? html`<div class="kind-buttons" role="group" aria-label=${t("cell.move")}>
          ${KINDS.map((kind, index) => html`<button class="small" data-kind=${kind} aria-pressed=${kind === cell.kind} aria-keyshortcuts=${index + 1} @click=${() => onMove(kind)}><span class="swatch" aria-hidden="true"></span>${kindShort(kind)} <kbd aria-hidden="true">${index + 1}</kbd></button>`)}
          <button class="small quiet" aria-disabled=${!canUndo} @click=${onUndo}>${t("gallery.undo")}</button>
        </div>`
      : nothing}
  </section>`;
}

/** @param {import("./core/cells.js").Cell} cell */
function facts(cell) {
  const rows = [
    [t("cell.class"), kindTitle(cell.kind)],
    [t("cell.sure"), cell.moved ? t("gallery.chosen", { name: cell.moved.by }) : formatShare(sureness(cell))],
    [t("cell.blast_probability"), formatShare(cell.blastProbability)],
    [t("cell.nucleus"), cell.nucleusUm === null ? t("cell.unknown") : formatUm(cell.nucleusUm)],
    ...(cell.moved && cell.kind !== cell.modelKind ? [[t("cell.model_class"), kindTitle(cell.modelKind)]] : []),
  ];
  return html`<dl class="exam-facts">${rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** Sentence about the pixel size of a field. @param {any} field as `GET …/cells` has it */
export function pixelSizeSentence(field) {
  if (!field?.pixel_size_um) return t("scale.unknown");
  const size = formatNumber(field.pixel_size_um, { maximumSignificantDigits: 3 });
  const error = field.pixel_size_error ? t("scale.error", { share: formatShare(field.pixel_size_error) }) : "";
  return t("scale.known", { size, source: pixelSizeSource(field.pixel_size_from), error });
}
