/** View of one examination: summary, cells by class, fields, signature, history and conversation. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { path } from "../../shared/api.js";
import { PageElement } from "../../shared/element.js";
import { addKeys } from "../../shared/keyboard.js";
import { messageOf } from "../../shared/problem.js";
import { href, navigate } from "../../shared/router.js";
import { onLanguage, t } from "../../shared/texts.js";
import { context } from "../context.js";
import "./cell_gallery.js";
import "./conversation.js";
import { whyUnchangeable } from "./core/signing.js";
import { differentialTemplate } from "./differential_table.js";
import "./field_list.js";
import { historyTemplate } from "./history.js";
import { openExamination } from "./open.js";
import "./outputs.js";
import "./sign_panel.js";
import { factsTemplate, summaryTemplate } from "./summary.js";

const POLL_MS = 15_000;
const POLL_OPEN_MS = 5_000;
const FIRST_FIELDS = 50;
const FIRST_CELL_FIELDS = 200;

/** Element of the route `/patients/:patient/examinations/:examination`. Property: `route`. */
export class ExaminationView extends PageElement {
  static properties = { route: { attribute: false }, version: { state: true }, problem: { state: true }, seen: { state: true } };

  constructor() {
    super();
    /** @type {any} */
    this.route = null;
    this.version = 0;
    this.problem = "";
    this.seen = 0;
    /** @type {ReturnType<typeof openExamination> | null} */
    this.opened = null;
  }

  connectedCallback() {
    super.connectedCallback();
    const gallery = () => /** @type {any} */ (this.querySelector("bl-cell-gallery"));
    this.untilGone(
      addKeys([
        { key: "z", label: "keys.undo", run: () => gallery()?.undo() },
        { key: "s", label: "keys.sign", run: () => this.#show("bl-sign-panel") },
        { key: "g", label: "keys.gallery", run: () => this.#show("bl-cell-gallery") },
        { key: "f", label: "keys.fields", run: () => this.#show("bl-field-list") },
      ]),
    );
    const undo = (/** @type {KeyboardEvent} */ event) => this.#onUndo(event);
    addEventListener("keydown", undo);
    this.untilGone(() => removeEventListener("keydown", undo));
    this.untilGone(() => this.#close());
    this.untilGone(onLanguage(() => this.#readAnew()));
    if (this.route) this.#open();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (changed.has("route") && this.route && this.isConnected) this.#open();
  }

  #open() {
    const { patient, examination } = this.route.params;
    if (this.opened?.key === `${patient}/${examination}` && this.ending) return;
    this.#close();
    this.problem = "";
    this.opened = openExamination(patient, examination);
    const { store } = this.opened;
    const changed = () => (this.version += 1);
    store.addEventListener("change", changed);
    this.ending = () => store.removeEventListener("change", changed);
    void this.#load();
  }

  #close() {
    this.ending?.();
    this.ending = undefined;
    clearTimeout(this.timer);
  }

  /** Read the examination, its fields and its cells; then look for news while the page is shown. */
  async #load() {
    const { store } = /** @type {any} */ (this.opened);
    await store.load();
    // Who has begun to sign is shown what changed; everybody else reads the examination as it is now.
    if (!store.hasForm) store.markSeen();
    if (store.examination) {
      void store.fields.load(FIRST_FIELDS);
      void store.cellPages.load(FIRST_CELL_FIELDS);
    }
    this.#poll();
  }

  /** The summary is a sentence of the service, in the language of the request. */
  #readAnew() {
    if (!this.opened) return;
    this.opened.store.etag = null;
    void this.opened.store.load();
  }

  #poll() {
    clearTimeout(this.timer);
    const { store } = /** @type {any} */ (this.opened);
    const pause = store.examination?.status === "OPEN" ? POLL_OPEN_MS : POLL_MS;
    this.timer = setTimeout(async () => {
      if (!this.isConnected) return;
      if (!document.hidden && !store.isGone) await store.load();
      if (!store.error && store.moves.waiting.length > 0) void store.moves.flush();
      this.#poll();
    }, pause);
  }

  render() {
    if (!this.opened) return nothing;
    const { store } = this.opened;
    const { patient, examination: id } = this.route.params;
    return html`<div class="exam">
      <header class="exam-head">
        <div>
          <p class="exam-crumbs"><a href=${href(path`/patients/${patient}`)}>${t("exam.of_patient", { patient })}</a></p>
          <h1 tabindex="-1">${t("exam.title")} <span class="id">${id}</span></h1>
        </div>
        ${store.examination ? html`<bl-outputs .store=${store} .version=${this.version} @problem=${this.#onProblem}></bl-outputs>` : nothing}
      </header>
      ${this.#troubles(store)} ${store.examination ? this.#body(store) : this.#waiting(store)}
    </div>`;
  }

  /** @param {import("./examination_store.js").ExaminationStore} store */
  #troubles(store) {
    return html`
      ${store.isGone ? html`<div class="note error" role="alert"><p>${t("exam.gone")}</p><a class="button small" href=${href("/worklist")}>${t("exam.worklist")}</a></div>` : nothing}
      ${!store.isGone && store.examination && store.error ? html`<div class="note caution" role="status"><p>${t("exam.stale", { message: messageOf(store.error) })}</p><button class="small" @click=${() => store.load()}>${t("problem.retry")}</button></div>` : nothing}
      ${this.problem ? html`<div class="note error" role="alert"><p>${this.problem}</p><button class="small" @click=${() => (this.problem = "")}>${t("dialog.close")}</button></div>` : nothing}
    `;
  }

  /** @param {import("./examination_store.js").ExaminationStore} store */
  #waiting(store) {
    if (!store.error) return html`<p role="status">${t("exam.loading")}</p>`;
    return html`<div class="note error" role="alert"><p>${messageOf(store.error)}</p><button class="small" @click=${() => this.#load()}>${t("problem.retry")}</button><a class="button small" href=${href("/worklist")}>${t("exam.worklist")}</a></div>`;
  }

  /** @param {import("./examination_store.js").ExaminationStore} store */
  #body(store) {
    const { examination } = store;
    const { images } = /** @type {any} */ (this.opened);
    const { person } = context();
    const whyNot = whyUnchangeable(examination, person.roles);
    return html`
      ${factsTemplate(examination)}
      <div class="exam-columns" @open-cell=${this.#onOpenCell} @show-uncertain=${this.#onShowUncertain} @cells-seen=${() => (this.seen += 1)}>
        <div class="exam-main">
          <div class="exam-top">
            ${summaryTemplate(examination)}
            <section class="card" aria-labelledby="differential-title">
              <h2 id="differential-title">${t("differential.title")}</h2>
              ${differentialTemplate(store.moves.differential)}
            </section>
          </div>
          <section class="card exam-gallery" aria-labelledby="gallery-title">
            <h2 id="gallery-title" tabindex="-1">${t("gallery.title")}</h2>
            <p class="exam-small">${t("gallery.about")} ${whyNot === null ? t("gallery.about_moves") : t(whyNot)}</p>
            <bl-cell-gallery .store=${store} .images=${images} .whyNot=${whyNot} .version=${this.version}></bl-cell-gallery>
          </section>
          <section class="card" aria-labelledby="fields-title">
            <h2 id="fields-title" tabindex="-1">${t("exam.fields")}</h2>
            <bl-field-list .store=${store} .images=${images} .canExclude=${whyNot === null} .params=${this.route.params} .version=${this.version}></bl-field-list>
          </section>
        </div>
        <aside class="exam-side" aria-label=${t("exam.side")}>
          <bl-sign-panel .store=${store} .person=${person} .version=${this.version + this.seen}></bl-sign-panel>
          ${historyTemplate(examination)}
          <bl-conversation .store=${store} .person=${person} .version=${this.version}></bl-conversation>
        </aside>
      </div>
    `;
  }

  /** @param {string} selector */
  #show(selector) {
    const part = this.querySelector(selector);
    const heading = /** @type {HTMLElement | null} */ (part?.closest("section")?.querySelector("h2") ?? part?.querySelector("h2"));
    if (!heading) return;
    heading.tabIndex = -1;
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
  }

  /** @param {CustomEvent} event */
  #onOpenCell(event) {
    const { patient, examination } = this.route.params;
    const { uploadId, index } = event.detail;
    navigate(href(path`/patients/${patient}/examinations/${examination}/fields/${uploadId}`, { cell: String(index) }));
  }

  async #onShowUncertain() {
    const gallery = /** @type {any} */ (this.querySelector("bl-cell-gallery"));
    gallery.onlyUncertain = true;
    await gallery.updateComplete;
    this.#show("bl-cell-gallery");
    announce(t("gallery.only_uncertain"));
  }

  /** Ctrl+Z outside of texts takes a move back. @param {KeyboardEvent} event */
  #onUndo(event) {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!isUndo || /** @type {Element} */ (event.target).closest("input, textarea, select, dialog")) return;
    event.preventDefault();
    /** @type {any} */ (this.querySelector("bl-cell-gallery"))?.undo();
  }

  /** @param {CustomEvent<string>} event */
  #onProblem(event) {
    this.problem = event.detail;
  }
}

customElements.define("bl-examination", ExaminationView);
