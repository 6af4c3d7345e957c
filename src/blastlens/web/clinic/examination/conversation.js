/** Comments on an examination, and questions to colleagues with their answers. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { newId } from "../../shared/api.js";
import { readDraft, writeDraft } from "../../shared/drafts.js";
import { PageElement } from "../../shared/element.js";
import { messageOf } from "../../shared/problem.js";
import { formatTime, t } from "../../shared/texts.js";
import { CONCLUSIONS } from "./core/kinds.js";
import { conclusionTitle } from "./words.js";

const LONGEST = 1000;

/** Element. Properties: `store`, `person`, `version`. */
export class Conversation extends PageElement {
  static properties = {
    store: { attribute: false },
    person: { attribute: false },
    version: { type: Number },
    busy: { state: true },
    faults: { state: true },
  };

  constructor() {
    super();
    /** @type {any} */
    this.store = null;
    /** @type {any} */
    this.person = null;
    this.busy = "";
    /** @type {Record<string, string>} name of a form -> what went wrong */
    this.faults = {};
    /** @type {Map<string, string>} name of a form -> id of its request, so that it is stored once */
    this.ids = new Map();
  }

  render() {
    const review = this.store.examination.review ?? { comments: [], opinions: [] };
    return html`
      <section class="card ${review.opinions.length ? "" : "empty-on-paper"}" aria-labelledby="opinions-title">
        <h2 id="opinions-title">${t("opinions.title")}</h2>
        <ul class="talk">${review.opinions.map((/** @type {any} */ one) => this.#opinion(one))}</ul>
        ${this.#form("question", { label: t("opinions.question"), hint: t("opinions.hint"), button: t("opinions.ask"), send: (id, text) => this.store.api.askColleague(id, text) })}
      </section>
      <section class="card ${review.comments.length ? "" : "empty-on-paper"}" aria-labelledby="comments-title">
        <h2 id="comments-title">${t("comments.title")}</h2>
        <ul class="talk">${review.comments.map((/** @type {any} */ one) => html`<li>${by(one.by, one.at)}<p class="talk-text">${one.text}</p></li>`)}</ul>
        ${this.#form("comment", { label: t("comments.text"), hint: t("comments.hint"), button: t("comments.add"), send: (id, text) => this.store.api.comment(id, text) })}
      </section>
    `;
  }

  /** @param {any} one */
  #opinion(one) {
    const { answer } = one;
    return html`<li>
      ${by(one.asked_by, one.asked_at)}
      <p class="talk-text">${one.question}</p>
      ${answer
        ? html`<div class="talk-answer">${by(answer.by, answer.at)}<p class="talk-text">${answer.text}</p>${answer.conclusion ? html`<p><strong>${t("opinions.concludes", { conclusion: conclusionTitle(answer.conclusion) })}</strong></p>` : nothing}</div>`
        : this.#answerForm(one)}
    </li>`;
  }

  /** @param {any} one */
  #answerForm(one) {
    if (!this.person.roles.includes("signer")) return html`<p class="exam-small">${t("opinions.waiting")}</p>`;
    if (one.asked_by === this.person.name) return html`<p class="exam-small">${t("opinions.waiting_other")}</p>`;
    const choose = html`<div class="field">
      <label for="conclusion-${one.id}">${t("opinions.conclusion")}</label>
      <select id="conclusion-${one.id}">
        <option value="">${t("opinions.open")}</option>
        ${CONCLUSIONS.map((each) => html`<option value=${each}>${conclusionTitle(each)}</option>`)}
      </select>
    </div>`;
    const send = (/** @type {string} */ id, /** @type {string} */ text) => {
      const { value } = /** @type {HTMLSelectElement} */ (this.querySelector(`#conclusion-${CSS.escape(one.id)}`));
      return this.store.api.answerColleague(one.id, { id, text, conclusion: value || null });
    };
    return this.#form(`answer-${one.id}`, { label: t("opinions.answer"), hint: t("opinions.answer_hint"), button: t("opinions.send"), send, before: choose });
  }

  /**
   * @param {string} name
   * @param {{label: string, hint: string, button: string, before?: unknown, send: (id: string, text: string) => Promise<any>}} form
   */
  #form(name, { label, hint, button, before, send }) {
    const key = `${name} ${this.store.api.path}`;
    const fault = this.faults[name];
    return html`<form class="talk-form" @submit=${(/** @type {Event} */ event) => this.#submit(event, name, key, send)}>
      ${before ?? nothing}
      <div class="field">
        <label for=${name}>${label}</label>
        <textarea id=${name} rows="2" maxlength=${LONGEST} .value=${readDraft(key)} aria-invalid=${fault !== undefined} aria-describedby="${name}-hint" @input=${(/** @type {any} */ event) => this.#type(name, key, event.target.value)}></textarea>
        <p id="${name}-hint" class="hint">${hint}</p>
        ${fault ? html`<p class="error" role="alert">${fault}</p>` : nothing}
      </div>
      <button class="small" aria-disabled=${this.busy === name}>${button}</button>
    </form>`;
  }

  /** A text that was changed is another request: it gets an id of its own. @param {string} name @param {string} key @param {string} text */
  #type(name, key, text) {
    writeDraft(key, text);
    this.ids.delete(name);
  }

  /** @param {Event} event @param {string} name @param {string} key @param {(id: string, text: string) => Promise<any>} send */
  async #submit(event, name, key, send) {
    event.preventDefault();
    const text = readDraft(key).trim();
    if (this.busy) return;
    if (!text) return this.#fail(name, t("talk.empty"));
    const id = this.ids.get(name) ?? newId();
    this.ids.set(name, id);
    this.busy = name;
    try {
      await this.store.send(send(id, text));
      writeDraft(key, "");
      this.ids.delete(name);
      const { [name]: _solved, ...rest } = this.faults;
      this.faults = rest;
      announce(t("talk.stored"));
    } catch (error) {
      this.#fail(name, messageOf(error));
    } finally {
      this.busy = "";
    }
  }

  /** @param {string} name @param {string} message */
  #fail(name, message) {
    this.faults = { ...this.faults, [name]: message };
  }
}

/** @param {string} name @param {string} at */
function by(name, at) {
  return html`<p class="talk-by"><strong>${name}</strong> <time datetime=${at}>${formatTime(at)}</time></p>`;
}

customElements.define("bl-conversation", Conversation);
