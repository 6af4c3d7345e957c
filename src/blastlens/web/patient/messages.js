/** Switch for messages to this browser. */

import { html, nothing } from "lit";
import { announce } from "../shared/announcements.js";
import { PageElement } from "../shared/element.js";
import { Problem, messageOf } from "../shared/problem.js";
import { t } from "../shared/texts.js";
import { readPushState, renew, switchOff, switchOn } from "./push.js";

class PatientMessages extends PageElement {
  static properties = { session: {}, pushKey: {}, state: { state: true }, error: { state: true }, isWorking: { state: true } };

  constructor() {
    super();
    /** @type {import("./session.js").Session | null} */
    this.session = null;
    /** @type {string | null} */
    this.pushKey = null;
    /** @type {import("./push.js").PushState | null} */
    this.state = null;
    this.error = "";
    this.isWorking = false;
  }

  async firstUpdated() {
    try {
      this.state = await readPushState(this.pushKey);
      if (this.state === "on" && this.session) await renew(this.session.api);
    } catch (error) {
      this._show(error);
    }
  }

  render() {
    if (this.state === null && !this.error) return nothing;
    return html`<section class="card" aria-labelledby="messages"><h2 id="messages">${t("messages.title")}</h2>
      <p>${t("messages.what")}</p>
      ${this.state === "on" || this.state === "off" ? this._switch() : html`<p class="note"><span>${t(`messages.${this.state ?? "unsupported"}`)}</span></p>`}
      ${this.error ? html`<p class="note error" role="alert"><span>${this.error}</span></p>` : nothing}
    </section>`;
  }

  _switch() {
    const isOn = this.state === "on";
    return html`<button type="button" role="switch" aria-checked=${isOn ? "true" : "false"} class="switch"
      ?disabled=${this.isWorking} @click=${() => this._toggle(isOn)}>
      <span class="switch-track" aria-hidden="true"><span class="switch-thumb"></span></span>
      <span>${t("messages.switch")}</span><span class="soft" aria-hidden="true">${t(isOn ? "messages.is_on" : "messages.is_off")}</span></button>`;
  }

  /** @param {boolean} isOn */
  async _toggle(isOn) {
    if (!this.session) return;
    this.isWorking = true;
    this.error = "";
    try {
      this.state = isOn ? await switchOff(this.session.api) : await switchOn(this.session.api, this.pushKey ?? "");
      announce(t(this.state === "on" ? "messages.is_on" : "messages.is_off"));
    } catch (error) {
      this._show(error);
    } finally {
      this.isWorking = false;
    }
  }

  /** A problem of the service has a sentence of its own; the browser's errors have names only. @param {unknown} error */
  _show(error) {
    this.error = error instanceof Problem ? messageOf(error) : t("messages.failed");
  }
}

customElements.define("bl-patient-messages", PatientMessages);
