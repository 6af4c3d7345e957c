/** About: what screening is and is not, the model, the PIN, and licences. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { t } from "../../shared/texts.js";
import { sentenceOf } from "../core/sentences.js";
import { served } from "../../reading/served.js";
import { chosenPackage } from "../reader.js";
import { workspace } from "../workspace.js";
import "./package_choice.js";
import { View } from "./view.js";

const LIMITS = ["negative", "kind", "laboratories", "patient", "all_sent"];

class AboutView extends View {
  static properties = { error: { state: true }, isChanged: { state: true } };

  constructor() {
    super();
    this.error = "";
    this.isChanged = false;
  }

  render() {
    const { version, digest } = served().packages[chosenPackage()];
    return html`
      <h1>${t("screening.about")}</h1>
      <p>${t("screening.about_what")}</p>
      <ul>${LIMITS.map((one) => html`<li>${t(`screening.about.${one}`)}</li>`)}</ul>
      <h2>${t("screening.model")}</h2>
      <dl class="model"><dt>${t("screening.model_version")}</dt><dd class="id">${version}</dd>
        <dt>${t("screening.model_digest")}</dt><dd class="id">${digest}</dd></dl>
      <h2>${t("screening.larger")}</h2>
      <bl-package-choice></bl-package-choice>
      <h2>${t("screening.pin.change")}</h2>
      ${this._form()}
      <h2>${t("screening.storage_title")}</h2>
      <p>${t(workspace().store.isPersistent ? "screening.persistent" : "screening.not_persistent")}</p>
      <p><a href="/screening/licences.txt">${t("screening.licences")}</a></p>
      <a class="button primary wide" href="#/">${t("screening.back_home")}</a>
    `;
  }

  _form() {
    return html`<form class="card" novalidate @submit=${this._change}>
      ${["old", "next", "again"].map((name) => html`<div class="field"><label for="pin-${name}">${t(`screening.pin.label_${name}`)}</label>
        <input id="pin-${name}" name=${name} type="password" inputmode="numeric" maxlength="64" autocomplete=${name === "old" ? "current-password" : "new-password"} /></div>`)}
      ${this.error ? html`<p class="note error" role="alert"><span>${this.error}</span></p>` : nothing}
      ${this.isChanged ? html`<p class="note calm" role="status"><span>${t("screening.pin.changed")}</span></p>` : nothing}
      <button class="wide">${t("screening.pin.change")}</button>
    </form>`;
  }

  /** @param {SubmitEvent} event */
  async _change(event) {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    this.error = "";
    this.isChanged = false;
    try {
      if (given.get("next") !== given.get("again")) throw Object.assign(new Error("The PINs differ."), { name: "PinRefused", reason: "different" });
      await workspace().store.changePin(String(given.get("old")), String(given.get("next")));
      this.isChanged = true;
      announce(t("screening.pin.changed"));
    } catch (error) {
      this.error = sentenceOf(error);
    }
    form.reset();
  }
}

customElements.define("bl-screening-about", AboutView);
