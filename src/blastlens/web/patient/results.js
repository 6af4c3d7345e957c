/** Signed results of a patient, the clinic's contact, and messages. */

import { html, nothing } from "lit";
import { announce } from "../shared/announcements.js";
import { PageElement } from "../shared/element.js";
import { messageOf } from "../shared/problem.js";
import { formatTime, language, onLanguage, t } from "../shared/texts.js";
import "./messages.js";
import { saveReport } from "./report.js";

/**
 * @typedef {object} Result
 * @property {string} examination_id
 * @property {string} taken_at
 * @property {string} signed_at
 * @property {string | null} finding
 * @property {string} title
 * @property {string[]} text
 * @property {string} next_step
 * @property {{at: string, text: string}[]} history
 */

class PatientResults extends PageElement {
  static properties = {
    session: {},
    opened: {},
    results: { state: true },
    error: { state: true },
    reportError: { state: true },
    working: { state: true },
  };

  constructor() {
    super();
    /** @type {import("./session.js").Session | null} */
    this.session = null;
    /** @type {import("./session.js").SignedIn | null} */
    this.opened = null;
    /** @type {Result[] | null} */
    this.results = null;
    this.error = "";
    this.reportError = { id: "", text: "" };
    this.working = "";
  }

  connectedCallback() {
    super.connectedCallback();
    // The service writes the texts in the language of the request.
    this.untilGone(onLanguage(() => this._load()));
    this._load();
  }

  render() {
    return html`
      <h1>${t("results.title")}</h1>
      <p class="soft">${t("results.until", { time: clockOf(this.opened?.expires_at) })}</p>
      ${this._list()}
      ${this._clinic()}
      <bl-patient-messages .session=${this.session} .pushKey=${this.opened?.push_key ?? null}></bl-patient-messages>
      <p class="patient-foot"><button type="button" @click=${() => this.session?.close()}>${t("results.sign_out")}</button></p>
    `;
  }

  _list() {
    if (this.error) {
      return html`<div class="note error" role="alert"><p>${this.error}</p>
        <button type="button" @click=${() => this._load()}>${t("problem.retry")}</button></div>`;
    }
    if (this.results === null) return html`<p role="status">${t("loading")}</p>`;
    if (this.results.length === 0) return html`<div class="card"><p>${t("results.none")}</p><p>${t("results.none_next")}</p></div>`;
    return this.results.map((one) => this._result(one));
  }

  /** @param {Result} one */
  _result(one) {
    const id = `result-${one.examination_id}`;
    return html`<article class="card result" aria-labelledby=${id}>
      <h2 id=${id}>${one.title}</h2>
      <p class="soft">${t(one.finding === null ? "results.withdrawn" : "results.signed", { time: formatTime(one.signed_at) })}</p>
      ${one.text.map((paragraph) => html`<p>${paragraph}</p>`)}
      <div class="next-step"><h3>${t("results.next")}</h3><p>${one.next_step}</p></div>
      ${one.history.length > 1 ? this._history(one) : nothing}
      ${this.reportError.id === one.examination_id
        ? html`<p class="note error" role="alert"><span>${this.reportError.text}</span></p>` : nothing}
      <p><button type="button" ?disabled=${this.working === one.examination_id} @click=${() => this._save(one)}>
        ${t(this.working === one.examination_id ? "results.pdf_working" : "results.pdf")}</button></p>
    </article>`;
  }

  /** @param {Result} one */
  _history(one) {
    return html`<section class="history"><h3>${t("results.history")}</h3><ol>
      ${one.history.map((entry) => html`<li><time datetime=${entry.at}>${formatTime(entry.at)}</time>: ${entry.text}</li>`)}
    </ol></section>`;
  }

  _clinic() {
    const clinic = this.opened?.clinic;
    return html`<section class="card" aria-labelledby="clinic"><h2 id="clinic">${t("results.ask")}</h2>
      <p>${t("results.ask_what")}</p>
      ${clinic?.name ? html`<address>${[clinic.name, ...clinic.contact].map((line) => html`<span>${contactLine(line)}</span>`)}</address>` : nothing}
      <p><strong>${t("results.emergency")}</strong></p></section>`;
  }

  async _load() {
    if (!this.session) return;
    const asked = language();
    this.error = "";
    try {
      const answer = await this.session.api.get("/p/v1/examinations");
      if (asked !== language()) return;
      this.results = answer.examinations;
      announce(t("results.loaded", { count: answer.examinations.length }));
    } catch (error) {
      this.error = messageOf(error);
    }
  }

  /** @param {Result} one */
  async _save(one) {
    if (!this.session || this.working) return;
    this.working = one.examination_id;
    this.reportError = { id: "", text: "" };
    try {
      await saveReport(this.session.api, one.examination_id);
    } catch (error) {
      this.reportError = { id: one.examination_id, text: messageOf(error) };
    } finally {
      this.working = "";
    }
  }
}

/** A line of the clinic's contact, as a link where it is a telephone number or an address of e-mail. @param {string} line */
function contactLine(line) {
  const phone = /\+?[\d][\d ()/-]{5,}\d/.exec(line);
  if (phone) return html`<a href="tel:${phone[0].replace(/[^\d+]/g, "")}">${line}</a>`;
  const mail = /[^\s@]+@[^\s@]+\.[^\s@]+/.exec(line);
  return mail ? html`<a href="mailto:${mail[0]}">${line}</a>` : line;
}

/** @param {string | undefined} iso */
function clockOf(iso) {
  if (!iso) return "";
  return new Intl.DateTimeFormat(language() === "de" ? "de-DE" : "en-GB", { timeStyle: "short" }).format(new Date(iso));
}

customElements.define("bl-patient-results", PatientResults);
