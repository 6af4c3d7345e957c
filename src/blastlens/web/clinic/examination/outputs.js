/** What leaves the page: the report as PDF, FHIR, and print. */

import { html } from "lit";
import { announce } from "../../shared/announcements.js";
import { PageElement } from "../../shared/element.js";
import { messageOf } from "../../shared/problem.js";
import { language, LANGUAGES, t } from "../../shared/texts.js";

const SIGNED = ["SIGNED", "AMENDED"];

/** Element; it dispatches `problem` with a sentence. Properties: `store`, `version`. */
export class Outputs extends PageElement {
  static properties = { store: { attribute: false }, version: { type: Number }, busy: { state: true } };

  constructor() {
    super();
    /** @type {any} */
    this.store = null;
    this.busy = "";
  }

  render() {
    const other = LANGUAGES.find((one) => one !== language()) ?? "en";
    const isSigned = SIGNED.includes(this.store.examination.status);
    return html`<div class="outputs" role="group" aria-label=${t("outputs.title")}>
      ${this.#report(language(), t("outputs.report"))} ${this.#report(other, t(`outputs.report_in.${other}`))}
      <button class="small" aria-disabled=${!isSigned || this.busy === "fhir"} title=${isSigned ? t("outputs.fhir_hint") : t("outputs.fhir_unsigned")} @click=${() => this.#fhir(isSigned)}>${t("outputs.fhir")}</button>
      <button class="small" @click=${() => print()}>${t("outputs.print")}</button>
    </div>`;
  }

  /** @param {string} chosen @param {string} label */
  #report(chosen, label) {
    const isBusy = this.busy === chosen;
    return html`<button class="small" aria-disabled=${isBusy} @click=${() => this.#save(chosen, () => this.store.api.report(chosen), `report-${chosen}.pdf`)}>${isBusy ? t("outputs.busy") : label}</button>`;
  }

  /** @param {boolean} isSigned */
  #fhir(isSigned) {
    if (!isSigned) return this.#say(t("outputs.fhir_unsigned"));
    return this.#save("fhir", () => this.store.api.fhir(), "fhir.json");
  }

  /** @param {string} name @param {() => Promise<Blob>} get @param {string} ending */
  async #save(name, get, ending) {
    if (this.busy) return;
    this.busy = name;
    try {
      saveFile(await get(), `${this.store.examination.examination_id}-${ending}`);
      announce(t("outputs.saved"));
    } catch (error) {
      this.#say(messageOf(error));
    } finally {
      this.busy = "";
    }
  }

  /** @param {string} sentence */
  #say(sentence) {
    this.dispatchEvent(new CustomEvent("problem", { bubbles: true, detail: sentence }));
  }
}

/** Let the browser save a file. @param {Blob} blob @param {string} name */
function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

customElements.define("bl-outputs", Outputs);
