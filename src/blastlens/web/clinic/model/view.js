/** About the model: what it is, what it was trained on, and what it was never tried on. */

import { html, nothing } from "lit";
import { PageElement } from "../../shared/element.js";
import { markdown } from "../../shared/markdown.js";
import { messageOf } from "../../shared/problem.js";
import { language, onLanguage, t } from "../../shared/texts.js";
import { api } from "../context.js";

class ModelView extends PageElement {
  static properties = { route: {}, model: { state: true }, error: { state: true } };

  constructor() {
    super();
    /** @type {{name: string, version: string, digest: string, trained_on: string, limits: string[], card: string} | null} */
    this.model = null;
    /** @type {unknown} */
    this.error = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this._load();
    this.untilGone(onLanguage(() => this._load()));
  }

  async _load() {
    const wanted = language();
    try {
      const model = await api().get("/v1/model");
      if (wanted === language()) this.model = model;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  render() {
    return html`
      <h1>${t("model.title")}</h1>
      <p class="note caution"><span>${t("model.use")} ${t("frame.benign")}</span></p>
      ${this.error ? html`<div class="note error" role="alert"><p>${messageOf(this.error)}</p><button class="small" @click=${() => this._load()}>${t("problem.retry")}</button></div>` : nothing}
      ${this.model ? this._model() : this.error ? nothing : html`<p class="soft">${t("loading")}</p>`}
    `;
  }

  _model() {
    const { name, version, digest, trained_on, limits, card } = /** @type {NonNullable<typeof this.model>} */ (this.model);
    return html`
      <div class="model">
        <section class="card">
          <dl class="facts">
            <dt>${t("model.name")}</dt><dd>${name} ${version}</dd>
            <dt>${t("model.trained_on")}</dt><dd>${trained_on}</dd>
            <dt>${t("model.digest")}</dt><dd class="id">${digest}</dd>
          </dl>
        </section>
        <section class="card">
          <h2>${t("model.limits")}</h2>
          <ul>${limits.map((one) => html`<li>${one}</li>`)}</ul>
        </section>
        <section class="card model-card" lang="en">
          <h2 lang=${language()}>${t("model.card")}</h2>
          ${markdown(card, 2)}
        </section>
      </div>
    `;
  }
}

customElements.define("bl-model", ModelView);
