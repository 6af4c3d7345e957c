/** Panel in which an examination is signed, amended, retracted or released: checks first, then what and why. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { ask } from "../../shared/dialogs.js";
import { readDraft, writeDraft } from "../../shared/drafts.js";
import { PageElement } from "../../shared/element.js";
import { messageOf } from "../../shared/problem.js";
import { hasText, t } from "../../shared/texts.js";
import { isUncertain } from "./core/cells.js";
import { changesOf } from "./core/changes.js";
import { CONCLUSIONS, HARMLESS_CONCLUSIONS } from "./core/kinds.js";
import { acceptable, actionsOf, bodyOf, checksOf, LONGEST_REASON, missingOf } from "./core/signing.js";
import { changeSentence } from "./change_sentences.js";
import { conclusionTitle } from "./words.js";

/** Element; it dispatches `show-uncertain`. Properties: `store`, `person`, `version` (changed to show it again). */
export class SignPanel extends PageElement {
  static properties = {
    store: { attribute: false },
    person: { attribute: false },
    version: { type: Number },
    missing: { state: true },
    fault: { state: true },
    busy: { state: true },
  };

  constructor() {
    super();
    /** @type {any} */
    this.store = null;
    /** @type {any} */
    this.person = null;
    /** @type {Record<string, string>} */
    this.missing = {};
    this.fault = "";
    this.busy = false;
  }

  /** The form outlives this element: it is kept with the examination while its fields are looked at. */
  get action() {
    return this.store.form.action;
  }

  get conclusion() {
    return this.store.form.conclusion;
  }

  get checks() {
    return this.store.form.checks;
  }

  /** @param {{action?: string, conclusion?: string | null, checks?: Set<string>}} part */
  #fill(part) {
    Object.assign(this.store.form, part);
    this.requestUpdate();
  }

  get #form() {
    const needed = this.#needed;
    const checks = needed.filter((one) => this.checks.has(one));
    return { action: this.action, conclusion: this.conclusion, reason: readDraft(this.store.reasonKey), checks };
  }

  get #uncertain() {
    return this.store.cells.filter(isUncertain);
  }

  get #needed() {
    return checksOf(this.store.seen, this.action);
  }

  willUpdate() {
    const { actions } = actionsOf(this.store.examination, this.person.roles);
    if (!actions.includes(this.action)) this.store.form.action = actions[0] ?? "";
  }

  render() {
    const { examination } = this.store;
    const { actions, why } = actionsOf(examination, this.person.roles);
    return html`
      <section class="card sign" aria-labelledby="sign-title">
        <h2 id="sign-title">${t("sign.title")}</h2>
        ${this.#changed()} ${why ? html`<p class="exam-small">${t(why)}</p>` : nothing}
        ${actions.length > 1 ? this.#choice(actions) : nothing} ${this.action ? this.#formTemplate() : nothing}
      </section>
    `;
  }

  /** What changed since the signer looked; nothing of what they typed is lost. */
  #changed() {
    const changes = changesOf(this.store.seen, this.store.examination);
    if (changes.length === 0) return nothing;
    return html`<div class="note caution changed" role="alert">
      <div>
        <p><strong>${t("changes.title")}</strong></p>
        <ul>${changes.map((one) => html`<li>${changeSentence(one)}</li>`)}</ul>
        <p class="exam-small">${t("changes.kept")}</p>
        <button class="small" @click=${this.#markSeen}>${t("changes.seen")}</button>
      </div>
    </div>`;
  }

  /** @param {string[]} actions */
  #choice(actions) {
    return html`<fieldset class="segments">
      <legend class="visually-hidden">${t("sign.action")}</legend>
      ${actions.map((one) => html`<label><input type="radio" name="action" .checked=${one === this.action} @change=${() => this.#choose(one)} />${t(`sign.do.${one}`)}</label>`)}
    </fieldset>`;
  }

  #formTemplate() {
    const { action } = this;
    return html`<form novalidate @submit=${this.#submit}>
      ${action === "sign" || action === "amend" ? this.#checksTemplate() : nothing}
      <p class="exam-small">${t(`sign.about.${action}`)}</p>
      ${action === "sign" || action === "amend" ? this.#conclusions() : nothing}
      ${action === "release" ? nothing : this.#reason()}
      <p class="sign-who">${t("sign.who", { name: this.person.name })}</p>
      ${this.fault ? html`<div class="note error" role="alert"><p>${this.fault}</p></div>` : nothing}
      <button class=${action === "retract" ? "danger" : "primary"} aria-disabled=${this.busy}>${this.busy ? t("sign.busy") : t(`sign.do.${action}`)}</button>
      <p class="exam-small">${t("support.short")}</p>
    </form>`;
  }

  #checksTemplate() {
    const needed = this.#needed;
    if (needed.length === 0) return html`<p class="exam-small">${t("sign.no_checks")}</p>`;
    return html`<fieldset class="checks">
      <legend>${t("sign.checks")}</legend>
      ${needed.map((name) => html`<div>
        <label class="check">
          <input type="checkbox" name=${name} .checked=${this.checks.has(name)} aria-invalid=${name in this.missing} aria-describedby="about-${name}" @change=${(/** @type {any} */ event) => this.#check(name, event.target.checked)} />
          ${hasText(`sign.check.${name}`) ? t(`sign.check.${name}`) : name.replaceAll("_", " ")}
        </label>
        <p id="about-${name}" class="exam-small">${this.#aboutCheck(name)} ${this.#error(name)}</p>
      </div>`)}
    </fieldset>`;
  }

  /** @param {string} name */
  #aboutCheck(name) {
    if (name === "few_cells_considered") return t("sign.about.few", { count: this.store.seen.answer?.missing_cells ?? 0 });
    if (name === "contradiction_considered") return t(this.store.seen.hides_leukemia ? "sign.about.hides" : "sign.about.contradiction");
    if (name !== "uncertain_cells_seen") return "";
    const uncertain = this.#uncertain;
    if (uncertain.length === 0 && this.store.cellPages.isComplete) return t("sign.about.uncertain_none");
    const seen = uncertain.filter((/** @type {any} */ cell) => this.store.seenCells.has(cell.id)).length;
    const more = this.store.cellPages.isComplete ? "" : t("sign.about.more_cells");
    return html`${t("sign.about.uncertain", { count: uncertain.length, seen })} ${more}
      <button class="quiet small" type="button" @click=${() => this.dispatchEvent(new CustomEvent("show-uncertain", { bubbles: true }))}>${t("sign.show_uncertain")}</button>`;
  }

  #conclusions() {
    const accepted = acceptable(this.store.seen);
    const options = [...CONCLUSIONS].sort((one, other) => Number(other === accepted) - Number(one === accepted));
    return html`<fieldset class="conclusions" aria-describedby="conclusion-note">
      <legend>${t("sign.conclusion")}</legend>
      ${options.map((one) => html`<label class="check">
        <input type="radio" name="conclusion" value=${one} .checked=${this.conclusion === one} aria-invalid=${"conclusion" in this.missing} @change=${() => this.#conclude(one)} />
        <span>${conclusionTitle(one)} ${one === accepted && this.action === "sign" ? html`<small class="tag">${t("sign.is_answer")}</small>` : nothing}</span>
      </label>`)}
      <p id="conclusion-note" class="exam-small">
        ${HARMLESS_CONCLUSIONS.includes(this.conclusion ?? "") ? html`<strong>${t("support.benign")}</strong>` : nothing} ${this.#error("conclusion")}
      </p>
    </fieldset>`;
  }

  #reason() {
    const isNeeded = this.action !== "sign";
    return html`<div class="field">
      <label for="sign-reason">${t(isNeeded ? "sign.reason" : "sign.comment")}</label>
      <textarea id="sign-reason" rows="3" maxlength=${LONGEST_REASON} .value=${readDraft(this.store.reasonKey)} aria-required=${isNeeded} aria-invalid=${"reason" in this.missing} aria-describedby="sign-reason-hint" @input=${this.#type}></textarea>
      <p id="sign-reason-hint" class="hint">${t("sign.reason_hint")} ${this.#error("reason")}</p>
    </div>`;
  }

  /** @param {string} name */
  #error(name) {
    const key = this.missing[name];
    return key ? html`<span class="error">${t(key)}</span>` : nothing;
  }

  /** @param {string} action */
  #choose(action) {
    this.#fill({ action });
    Object.assign(this, { missing: {}, fault: "" });
  }

  /** @param {string} conclusion */
  #conclude(conclusion) {
    this.#fill({ conclusion });
    const { conclusion: _solved, ...rest } = this.missing;
    this.missing = rest;
  }

  /** @param {string} name @param {boolean} isChecked */
  #check(name, isChecked) {
    const others = [...this.checks].filter((one) => one !== name);
    this.#fill({ checks: new Set(isChecked ? [...others, name] : others) });
    const { [name]: _solved, ...rest } = this.missing;
    this.missing = rest;
  }

  /** @param {any} event */
  #type(event) {
    writeDraft(this.store.reasonKey, event.target.value);
    const { reason: _solved, ...rest } = this.missing;
    this.missing = rest;
  }

  #markSeen() {
    this.store.markSeen();
    this.#fill({ checks: new Set() });
    this.fault = "";
    announce(t("changes.seen_now"));
  }

  /** @param {Event} event */
  async #submit(event) {
    event.preventDefault();
    if (this.busy) return;
    const form = this.#form;
    this.missing = missingOf(form, this.#needed);
    this.fault = "";
    if (changesOf(this.store.seen, this.store.examination).length > 0) this.fault = t("changes.first");
    if (this.store.moves.waiting.length > 0) this.fault = t("sign.unsent_moves");
    if (Object.keys(this.missing).length || this.fault) return this.#showMissing();
    if ((await this.#confirm(form)) === "sign") await this.#send(form);
  }

  async #showMissing() {
    await this.updateComplete;
    const first = /** @type {HTMLElement | null} */ (this.querySelector("[aria-invalid=true]"));
    first?.focus();
    announce(Object.keys(this.missing).length ? t("sign.missing.some") : this.fault);
  }

  /** @param {{action: string, conclusion: string | null, reason: string}} form */
  #confirm({ action, conclusion, reason }) {
    const { examination } = this.store;
    const isHarmless = HARMLESS_CONCLUSIONS.includes(conclusion ?? "");
    return ask({
      title: t(`sign.confirm.${action}`),
      content: html`<dl class="exam-facts">
          <div><dt>${t("exam.patient")}</dt><dd class="id">${examination.patient_id}</dd></div>
          <div><dt>${t("exam.examination")}</dt><dd class="id">${examination.examination_id}</dd></div>
          ${conclusion && action !== "retract" && action !== "release" ? html`<div><dt>${t("sign.conclusion")}</dt><dd><strong>${conclusionTitle(conclusion)}</strong></dd></div>` : nothing}
          ${reason.trim() && action !== "release" ? html`<div><dt>${t(action === "sign" ? "comments.text" : "sign.reason")}</dt><dd>${reason}</dd></div>` : nothing}
          <div><dt>${t("sign.by")}</dt><dd>${this.person.name}</dd></div>
        </dl>
        <p>${t(`sign.then.${action}`)}</p>
        ${isHarmless ? html`<p><strong>${t("support.benign")}</strong></p>` : nothing}`,
      choices: [
        { value: "back", label: t("sign.back") },
        { value: "sign", label: t(`sign.do.${action}`), tone: action === "retract" ? "danger" : "primary" },
      ],
    });
  }

  /** @param {{action: string, conclusion: string | null, reason: string, checks: string[]}} form */
  async #send(form) {
    this.busy = true;
    try {
      await this.store.send(this.store.api.sign(form.action, bodyOf(form, this.store.seen)));
      writeDraft(this.store.reasonKey, "");
      this.#fill({ conclusion: null, checks: new Set() });
      this.store.markSeen();
      announce(t(`sign.done.${form.action}`));
      void this.store.load();
    } catch (error) {
      this.fault = messageOf(error);
      announce(this.fault);
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("bl-sign-panel", SignPanel);
