/** Reference cells beside the selected cell: drawings of ours, and photographs that an installation adds. */

import { html, nothing } from "lit";
import { PageElement } from "../../shared/element.js";
import { language, t } from "../../shared/texts.js";
import "./pictures.js";
import { CROP_UM } from "./core/cells.js";
import { readReferenceIndex } from "./core/reference_index.js";
import { DRAWINGS } from "./reference_drawings.js";
import { formatUm, kindTitle } from "./words.js";

const FOLDER = "/reference-cells/";

/** Photographs of the installation, read once. @type {Promise<import("./core/reference_index.js").ReferenceIndex> | null} */
let reading = null;

/** Element. Properties: `cell`, `field`, `images`. */
export class ReferenceCells extends PageElement {
  static properties = {
    cell: { attribute: false },
    field: { attribute: false },
    images: { attribute: false },
    photographs: { state: true },
    kind: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./core/cells.js").Cell | null} */
    this.cell = null;
    /** @type {any} */
    this.field = null;
    /** @type {any} */
    this.images = null;
    /** @type {import("./core/reference_index.js").ReferenceIndex} */
    this.photographs = { source: "", licence: "", cells: [] };
  }

  connectedCallback() {
    super.connectedCallback();
    reading ??= readFolder();
    void reading.then((index) => (this.photographs = index));
  }

  updated() {
    /** @type {any} */ (this.querySelector("bl-cell-picture"))?.renew();
  }

  render() {
    const { cell, field } = this;
    const side = field?.pixel_size_um ? CROP_UM / field.pixel_size_um : 0;
    return html`<section class="card compare" aria-labelledby="compare-title">
      <h2 id="compare-title">${t("compare.title")}</h2>
      <p class="exam-small">${t("compare.about")}</p>
      ${cell
        ? html`<figure class="compare-own"><bl-cell-picture .cell=${cell} .field=${field} .side=${side || Math.max(cell.box[2], cell.box[3]) * 1.3} .images=${this.images}></bl-cell-picture>
            <figcaption><strong>${t("compare.this")}</strong> ${cell.nucleusUm === null ? nothing : t("gallery.nucleus", { size: formatUm(cell.nucleusUm) })}<br /><span class="exam-small">${side ? t("compare.same_scale") : t("compare.no_scale")}</span></figcaption></figure>`
        : html`<p>${t("compare.choose")}</p>`}
      <ul class="references">${DRAWINGS.map((one) => this.#drawing(one))}</ul>
      ${this.#photographs()}
    </section>`;
  }

  /** @param {(typeof DRAWINGS)[number]} one */
  #drawing({ id, kind, drawing }) {
    const isKind = this.cell?.kind === kind;
    return html`<li class=${isKind ? "same" : ""} data-kind=${kind}>
      <svg viewBox="2 2 20 20" role="img" aria-label=${t("compare.drawing_of", { name: t(`reference.${id}`) })}>${drawing}</svg>
      <div><strong>${t(`reference.${id}`)}</strong><p class="exam-small">${t(`reference.${id}.features`)}</p></div>
    </li>`;
  }

  #photographs() {
    const { cells, source, licence } = this.photographs;
    if (cells.length === 0) return nothing;
    const ordered = [...cells].sort((one, other) => Number(other.kind === this.cell?.kind) - Number(one.kind === this.cell?.kind));
    return html`<h3>${t("compare.photographs")}</h3>
      <ul class="photographs">
        ${ordered.map((one) => html`<li><img src=${FOLDER + one.file} alt=${one.title[language()] ?? one.title.en ?? kindTitle(one.kind)} loading="lazy" /><span>${one.title[language()] ?? one.title.en ?? kindTitle(one.kind)}</span></li>`)}
      </ul>
      <p class="exam-small">${t("compare.source", { source, licence })}</p>`;
  }
}

/** Read the index of the installation's folder; without one there are no photographs. */
async function readFolder() {
  try {
    const response = await fetch(`${FOLDER}index.json`, { credentials: "omit" });
    return readReferenceIndex(response.ok ? await response.json() : null);
  } catch {
    return readReferenceIndex(null);
  }
}

customElements.define("bl-reference-cells", ReferenceCells);
