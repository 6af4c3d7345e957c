/** Sign-in of a patient by code and PIN. */

import { html, nothing } from "lit";
import { PageElement } from "../shared/element.js";
import { messageOf } from "../shared/problem.js";
import { t } from "../shared/texts.js";
import { groupCode, readCode, readPin } from "./codes.js";

class PatientSignIn extends PageElement {
  static properties = {
    session: {},
    code: {},
    isOver: {},
    wrong: { state: true },
    error: { state: true },
    isWorking: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./session.js").Session | null} */
    this.session = null;
    this.code = "";
    this.isOver = false;
    /** @type {Record<string, boolean>} */
    this.wrong = {};
    this.error = "";
    this.isWorking = false;
  }

  render() {
    return html`
      <h1>${t("sign_in.title")}</h1>
      ${this.isOver && !this.error ? html`<p class="note"><span>${t("sign_in.over")}</span></p>` : nothing}
      <p>${t(this.code ? "sign_in.with_link" : "sign_in.what")}</p>
      <form novalidate @submit=${this._submit}>
        ${this._field("code", { value: groupCode(this.code), autocomplete: "username", type: "text", mode: "text" })}
        ${this._field("pin", { value: "", autocomplete: "current-password", type: "password", mode: "numeric" })}
        ${this.error ? html`<p class="note error" role="alert"><span>${this.error}</span></p>` : nothing}
        <button class="primary wide" ?disabled=${this.isWorking}>${t(this.isWorking ? "sign_in.working" : "sign_in.open")}</button>
      </form>
      <p class="soft">${t("sign_in.help")}</p>
    `;
  }

  /** @param {"code" | "pin"} name @param {{value: string, autocomplete: string, type: string, mode: string}} given */
  _field(name, { value, autocomplete, type, mode }) {
    const wrong = this.wrong[name];
    return html`<div class="field">
      <label for=${name}>${t(`sign_in.${name}`)}</label>
      <input id=${name} name=${name} type=${type} .defaultValue=${value} inputmode=${mode} autocomplete=${autocomplete}
        autocapitalize="none" spellcheck="false" maxlength=${name === "code" ? 64 : 12} required
        aria-invalid=${wrong ? "true" : "false"} aria-describedby="${name}-hint">
      <p id="${name}-hint" class=${wrong ? "error" : "hint"}>${t(`sign_in.${name}_${wrong ? "wrong" : "hint"}`)}</p>
    </div>`;
  }

  /** @param {SubmitEvent} event */
  async _submit(event) {
    event.preventDefault();
    if (this.isWorking || !this.session) return;
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    const code = readCode(String(given.get("code")));
    const pin = readPin(String(given.get("pin")));
    this.error = "";
    this.wrong = { code: code === null, pin: pin === null };
    if (code === null || pin === null) {
      await this.updateComplete;
      /** @type {HTMLElement | null} */ (form.querySelector('[aria-invalid="true"]'))?.focus();
      return;
    }
    await this._open(code, pin, form);
  }

  /** @param {string} code @param {string} pin @param {HTMLFormElement} form */
  async _open(code, pin, form) {
    this.isWorking = true;
    try {
      const opened = await /** @type {import("./session.js").Session} */ (this.session).open(code, pin);
      this.dispatchEvent(new CustomEvent("signed-in", { detail: { opened, code } }));
    } catch (error) {
      this.error = messageOf(error);
      const typed = /** @type {HTMLInputElement} */ (form.elements.namedItem("pin"));
      typed.value = "";
      typed.focus();
    } finally {
      this.isWorking = false;
    }
  }
}

customElements.define("bl-patient-sign-in", PatientSignIn);
