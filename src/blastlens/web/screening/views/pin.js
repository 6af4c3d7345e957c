/** PIN: a new one for a new store, the known one for a locked store, and starting over where it was forgotten. */

import { html, nothing } from "lit";
import { ask } from "../../shared/dialogs.js";
import { PageElement } from "../../shared/element.js";
import { navigate } from "../../shared/router.js";
import { t } from "../../shared/texts.js";
import { sentenceOf } from "../core/sentences.js";

class PinView extends PageElement {
  static properties = { workspace: {}, error: { state: true }, isWorking: { state: true } };

  constructor() {
    super();
    /** @type {import("../workspace.js").Workspace | null} */
    this.workspace = null;
    this.error = "";
    this.isWorking = false;
  }

  get _isNew() {
    return this.workspace?.store.state === "new";
  }

  render() {
    const lost = this.workspace?.store.lost ?? 0;
    return html`
      <h1>${t(this._isNew ? "screening.pin.new_title" : "screening.pin.title")}</h1>
      ${lost > 0 ? html`<p class="note error" role="alert"><span>${t("screening.pin.lost", { count: lost })}</span></p>` : nothing}
      <p>${t(this._isNew ? "screening.pin.new_what" : "screening.pin.what")}</p>
      <form novalidate @submit=${this._submit}>
        ${this._input("pin", this._isNew ? "new-password" : "current-password")}
        ${this._isNew ? this._input("again", "new-password") : nothing}
        ${this.error ? html`<p id="pin-error" class="note error" role="alert"><span>${this.error}</span></p>` : nothing}
        <button class="primary wide huge" ?disabled=${this.isWorking}>${t(this.isWorking ? "screening.pin.working" : this._isNew ? "screening.pin.set" : "screening.pin.open")}</button>
      </form>
      ${this._isNew ? html`<p class="soft">${t("screening.pin.new_note")}</p>` : html`<button class="quiet" @click=${this._startOver}>${t("screening.pin.forgotten")}</button>`}
      <p class="soft limits">${t("screening.limits")}</p>
    `;
  }

  /** @param {"pin" | "again"} name @param {AutoFill} autocomplete */
  _input(name, autocomplete) {
    return html`<div class="field">
      <label for=${name}>${t(`screening.pin.label_${name}`)}</label>
      <input id=${name} name=${name} type="password" inputmode="numeric" autocomplete=${autocomplete} maxlength="64" required
        aria-invalid=${this.error ? "true" : "false"} aria-describedby=${this.error ? "pin-error" : nothing} />
    </div>`;
  }

  /** @param {SubmitEvent} event */
  async _submit(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    const pin = String(given.get("pin"));
    if (this.isWorking || !this.workspace) return;
    if (this._isNew && pin !== String(given.get("again"))) return this._refuse(form, t("screening.pin_error.different"));
    this.isWorking = true;
    this.error = "";
    try {
      await (this._isNew ? this.workspace.store.create(pin) : this.workspace.store.unlock(pin));
      this.dispatchEvent(new CustomEvent("opened"));
    } catch (error) {
      this._refuse(form, sentenceOf(error));
    } finally {
      this.isWorking = false;
    }
  }

  /** @param {HTMLFormElement} form @param {string} sentence */
  async _refuse(form, sentence) {
    this.error = sentence;
    form.reset();
    this.isWorking = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (form.querySelector("input"))?.focus();
  }

  /** Erase everything, after the number of images that are lost with it was confirmed. */
  async _startOver() {
    const store = /** @type {import("../workspace.js").Workspace} */ (this.workspace).store;
    const count = await store.unsent();
    const chosen = await ask({
      title: t("screening.pin.over_title"),
      content: t("screening.pin.over_what", { count }),
      choices: [
        { value: "keep", label: t("dialog.cancel") },
        { value: "erase", label: t("screening.pin.over_do"), tone: "danger" },
      ],
    });
    if (chosen !== "erase") return;
    try {
      await store.startOver(count);
      this.error = "";
      navigate("#/", { replace: true });
    } catch (error) {
      this.error = sentenceOf(error);
    }
    this.requestUpdate();
  }
}

customElements.define("bl-screening-pin", PinView);
