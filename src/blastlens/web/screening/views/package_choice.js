/** Choice of the larger model, which is loaded on demand where the device has the memory and the room. */

import { html, nothing } from "lit";
import { served } from "../../reading/served.js";
import { PageElement } from "../../shared/element.js";
import { formatNumber, formatShare, t } from "../../shared/texts.js";
import { chosenPackage, choosePackage, hasRoomFor } from "../reader.js";
import { keepPackage } from "../store/installation.js";
import { workspace } from "../workspace.js";

class PackageChoice extends PageElement {
  static properties = { free: { state: true }, isFailed: { state: true } };

  constructor() {
    super();
    /** @type {number | null} */
    this.free = null;
    this.isFailed = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(workspace().onChange(() => this.requestUpdate()));
    workspace().store.freeBytes().then((free) => (this.free = free));
  }

  render() {
    const larger = served().packages.fusion;
    if (!larger) return nothing;
    const isChosen = chosenPackage() === "fusion";
    const share = workspace().installation.packages.fusion;
    return html`<p>${t(isChosen ? "screening.larger_on" : "screening.larger_off", { size: formatNumber(larger.bytes / 1e6, { maximumFractionDigits: 0 }) })}</p>
      ${this.isFailed ? html`<p class="note error" role="alert"><span>${t("screening.larger_failed")}</span></p>` : nothing}
      ${typeof share === "number" ? html`<p role="status">${t("screening.larger_loading", { share: formatShare(share) })}</p>` : this._button(isChosen, larger.bytes)}`;
  }

  /** @param {boolean} isChosen @param {number} bytes */
  _button(isChosen, bytes) {
    if (isChosen) return html`<button class="wide" @click=${() => this._choose("screening")}>${t("screening.larger_leave")}</button>`;
    if (!hasRoomFor(bytes, this.free)) return html`<p class="note caution"><span>${t("screening.larger_no_room")}</span></p>`;
    return html`<button class="wide" @click=${() => this._load()}>${t("screening.larger_load")}</button>`;
  }

  async _load() {
    this.isFailed = !(await keepPackage("fusion"));
    if (!this.isFailed) this._choose("fusion");
  }

  /** @param {import("../reader.js").PackageName} name */
  _choose(name) {
    choosePackage(name);
    workspace().reader.close();
    workspace().read();
    this.requestUpdate();
  }
}

customElements.define("bl-package-choice", PackageChoice);
