/** The patient's page: sign-in, then results. */

import { html } from "lit";
import { announce } from "../shared/announcements.js";
import { PageElement } from "../shared/element.js";
import { readPreference, writePreference } from "../shared/preferences.js";
import { LANGUAGES, hasLanguage, language, setLanguage, t } from "../shared/texts.js";
import { takeCode } from "./codes.js";
import { Session } from "./session.js";
import "./results.js";
import "./sign_in.js";

class PatientApp extends PageElement {
  static properties = { opened: { state: true }, isOver: { state: true } };

  constructor() {
    super();
    /** @type {import("./session.js").SignedIn | null} */
    this.opened = null;
    this.isOver = false;
    this.code = takeCode(location, history) ?? "";
    this.session = new Session({ onOver: () => this._over() });
  }

  connectedCallback() {
    // What stands there until the script has run.
    this.replaceChildren();
    super.connectedCallback();
    const onHash = () => this._take();
    addEventListener("hashchange", onHash);
    this.untilGone(() => removeEventListener("hashchange", onHash));
  }

  render() {
    document.title = t("own_results.title");
    return html`
      <header class="patient-head">
        <p class="patient-name">${this.opened?.clinic.name ?? t("own_results.title")}</p>
        ${this._languages()}
      </header>
      <main id="main" tabindex="-1">${this.opened ? this._results(this.opened) : this._signIn()}</main>
    `;
  }

  _signIn() {
    return html`<bl-patient-sign-in
      .session=${this.session} .code=${this.code} .isOver=${this.isOver}
      @signed-in=${(/** @type {CustomEvent} */ event) => this._signedIn(event.detail)}></bl-patient-sign-in>`;
  }

  /** @param {import("./session.js").SignedIn} opened */
  _results(opened) {
    return html`<bl-patient-results .session=${this.session} .opened=${opened}></bl-patient-results>`;
  }

  _languages() {
    const choose = (/** @type {Event} */ event) => {
      const chosen = /** @type {"en" | "de"} */ (/** @type {HTMLSelectElement} */ (event.target).value);
      writePreference("language", chosen);
      setLanguage(chosen);
    };
    return html`<label class="patient-language"><span class="visually-hidden">${t("language.choose")}</span>
      <select @change=${choose}>
        ${LANGUAGES.map((one) => html`<option value=${one} lang=${one} ?selected=${one === language()}>${t(`language.${one}`)}</option>`)}
      </select></label>`;
  }

  /** @param {{opened: import("./session.js").SignedIn, code: string}} detail */
  async _signedIn({ opened, code }) {
    this.code = code;
    if (!readPreference("language") && !hasLanguage(navigator.languages)) setLanguage(opened.language);
    this.opened = opened;
    this.isOver = false;
    await this.updateComplete;
    this._focus();
  }

  async _over() {
    this.opened = null;
    this.isOver = true;
    announce(t("sign_in.over"));
    await this.updateComplete;
    this._focus();
  }

  /** A link with another code was opened in the same window. */
  async _take() {
    const code = takeCode(location, history);
    if (code === null || code === this.code) return;
    this.code = code;
    if (this.opened) await this.session.close();
    this.isOver = false;
    this.requestUpdate();
  }

  _focus() {
    /** @type {HTMLElement | null} */ (this.querySelector("main"))?.focus();
    scrollTo(0, 0);
  }
}

customElements.define("bl-patient-app", PatientApp);

