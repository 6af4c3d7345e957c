/** Thumbnail of a field, decrypted while it is shown. */

import { html, nothing } from "lit";
import { PageElement } from "../../shared/element.js";
import { workspace } from "../workspace.js";

class Thumbnail extends PageElement {
  static properties = { field: {}, isLarge: {}, label: {}, address: { state: true } };

  constructor() {
    super();
    /** @type {import("../workspace.js").Field | null} */
    this.field = null;
    this.isLarge = false;
    this.label = "";
    this.address = "";
    this._shown = "";
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._forget();
    this._shown = "";
  }

  updated() {
    const wanted = this.field && !this.field.isDamaged ? `${this.field.id} ${this.field.state === "sent"}` : "";
    if (wanted !== this._shown) this._load(wanted);
  }

  /** @param {string} wanted */
  async _load(wanted) {
    this._shown = wanted;
    this._forget();
    const blob = wanted ? await this._read().catch(() => null) : null;
    if (this._shown !== wanted || !blob || !this.isConnected) return;
    this.address = URL.createObjectURL(blob);
  }

  /** @returns {Promise<Blob | null>} */
  _read() {
    const { id, state } = /** @type {import("../workspace.js").Field} */ (this.field);
    return this.isLarge && state !== "sent" ? workspace().store.image(id) : workspace().store.thumbnail(id);
  }

  _forget() {
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = "";
  }

  render() {
    return this.address ? html`<img src=${this.address} alt=${this.label} />` : html`<span class="no-picture">${this.label || nothing}</span>`;
  }
}

customElements.define("bl-thumbnail", Thumbnail);
