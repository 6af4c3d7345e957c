/** Fields of an examination: a picture and an answer each, refused ones with reasons; fields are excluded here. */

import { html, nothing } from "lit";
import { announce } from "../../shared/announcements.js";
import { newId, path } from "../../shared/api.js";
import { readDraft, writeDraft } from "../../shared/drafts.js";
import { PageElement } from "../../shared/element.js";
import { mark } from "../../shared/marks.js";
import { messageOf } from "../../shared/problem.js";
import { href } from "../../shared/router.js";
import { formatTime, t } from "../../shared/texts.js";
import { changesOf } from "./core/changes.js";
import "./pictures.js";
import { screeningOf } from "./screening.js";
import { cautionText, conclusionTitle, reasonAdvice, reasonText } from "./words.js";

const LONGEST_REASON = 1000;

/** Element. Properties: `store`, `images`, `canExclude`, `route` (patient and examination). */
export class FieldList extends PageElement {
  static properties = {
    store: { attribute: false },
    images: { attribute: false },
    canExclude: { type: Boolean },
    params: { attribute: false },
    version: { type: Number },
    excluding: { state: true },
    fault: { state: true },
    busy: { state: true },
    missing: { state: true },
  };

  constructor() {
    super();
    /** @type {any} */
    this.store = null;
    /** @type {any} */
    this.images = null;
    this.canExclude = false;
    /** @type {Record<string, string>} */
    this.params = {};
    this.excluding = "";
    /** @type {{uploadId: string, message: string} | null} */
    this.fault = null;
    this.busy = "";
    /** @type {Set<string>} */
    this.missing = new Set();
  }

  render() {
    const { fields } = this.store;
    return html`
      <ol class="fields" @picture-missing=${this.#onMissing}>
        ${fields.items.map((/** @type {any} */ field, /** @type {number} */ index) => this.#field(field, index))}
      </ol>
      ${fields.error
        ? html`<div class="note error"><p>${t("field_card.unread", { message: messageOf(fields.error) })}</p><button class="small" @click=${() => fields.load()}>${t("problem.retry")}</button></div>`
        : nothing}
      ${!fields.isComplete && !fields.error
        ? fields.running
          ? html`<p class="exam-small" role="status">${t("field_card.loading")}</p>`
          : html`<button @click=${() => fields.load(fields.items.length + 50)}>${t("field_card.more")}</button>`
        : nothing}
    `;
  }

  updated() {
    for (const picture of this.querySelectorAll("bl-field-picture")) /** @type {any} */ (picture).renew();
  }

  /** @param {any} field @param {number} index */
  #field(field, index) {
    const reading = currentReading(field);
    const excluded = this.store.examination.review?.exclusions?.[field.upload_id] ?? field.excluded;
    const number = index + 1;
    const { patient, examination } = this.params;
    const link = href(path`/patients/${patient}/examinations/${examination}/fields/${field.upload_id}`);
    return html`<li class="field-card ${excluded ? "excluded" : ""} ${reading?.reason ? "refused" : ""}">
      <a class="field-open" href=${link} aria-label=${t("field_card.open", { number })}>
        <bl-field-picture .uploadId=${field.upload_id} .link=${field.links.image} .images=${this.images}></bl-field-picture>
        ${this.missing.has(field.upload_id) ? html`<span class="field-missing">${t("field_card.no_picture")}</span>` : nothing}
      </a>
      <div class="field-words">
        <h3><a href=${link} tabindex="-1">${t("field_card.number", { number })}</a></h3>
        ${reading ? answerOf(reading) : html`<p>${t("field_card.waiting")}</p>`}
        ${field.same_as ? html`<p class="exam-small">${t("field_card.same_as", { other: field.same_as })}</p>` : nothing}
        ${excluded ? html`<p class="field-excluded">${t("field_card.excluded", { name: excluded.by, time: formatTime(excluded.at), reason: excluded.reason })}</p>` : nothing}
        ${this.canExclude && (excluded || !reading?.reason) ? this.#exclusion(field.upload_id, excluded) : nothing}
      </div>
    </li>`;
  }

  /** @param {string} uploadId @param {any} excluded */
  #exclusion(uploadId, excluded) {
    const fault = this.fault?.uploadId === uploadId ? html`<p class="error" role="alert">${this.fault.message}</p>` : nothing;
    if (excluded) {
      return html`<button class="small" aria-disabled=${this.busy === uploadId} @click=${() => this.#include(uploadId)}>${t("field_card.include")}</button>${fault}`;
    }
    if (this.excluding !== uploadId) {
      return html`<button class="small quiet" aria-expanded="false" @click=${() => this.#begin(uploadId)}>${t("field_card.exclude")}</button>${fault}`;
    }
    const key = this.#draftKey(uploadId);
    return html`<form class="field" @submit=${(/** @type {Event} */ event) => this.#exclude(event, uploadId)}>
      <label for="reason-${uploadId}">${t("field_card.reason")}</label>
      <input id="reason-${uploadId}" maxlength=${LONGEST_REASON} required autocomplete="off" .value=${readDraft(key)} @input=${(/** @type {any} */ event) => writeDraft(key, event.target.value)} />
      <p class="hint">${t("field_card.reason_hint")}</p>
      ${fault}
      <div class="exam-row">
        <button class="small primary" aria-disabled=${this.busy === uploadId}>${t("field_card.exclude_now")}</button>
        <button class="small" type="button" @click=${() => (this.excluding = "")}>${t("dialog.cancel")}</button>
      </div>
    </form>`;
  }

  /** @param {string} uploadId */
  #draftKey(uploadId) {
    return `exclusion ${this.store.api.path} ${uploadId}`;
  }

  /** @param {string} uploadId */
  async #begin(uploadId) {
    this.excluding = uploadId;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(`#reason-${CSS.escape(uploadId)}`))?.focus();
  }

  /** @param {Event} event @param {string} uploadId */
  async #exclude(event, uploadId) {
    event.preventDefault();
    const key = this.#draftKey(uploadId);
    const reason = readDraft(key).trim().replace(/\s+/g, " ");
    const { basis } = this.store.examination;
    const id = newId();
    const isStored = await this.#send(uploadId, () => this.store.api.exclude(uploadId, { id, reason, basis }));
    if (!isStored) return;
    writeDraft(key, "");
    this.excluding = "";
    announce(t("field_card.excluded_now"));
  }

  /** @param {string} uploadId */
  async #include(uploadId) {
    if (await this.#send(uploadId, () => this.store.api.include(uploadId))) announce(t("field_card.included_now"));
  }

  /** @param {string} uploadId @param {() => Promise<any>} request */
  async #send(uploadId, request) {
    if (this.busy) return false;
    this.busy = uploadId;
    this.fault = null;
    const hadChanges = changesOf(this.store.seen, this.store.examination).length > 0;
    try {
      await this.store.send(request());
      // What the person did just now is no news to them.
      if (!hadChanges) this.store.markSeen();
      await Promise.all([this.store.load(), this.store.fields.restart()]);
      return true;
    } catch (error) {
      this.fault = { uploadId, message: messageOf(error) };
      return false;
    } finally {
      this.busy = "";
    }
  }

  /** @param {CustomEvent<string>} event */
  #onMissing(event) {
    if (!this.missing.has(event.detail)) this.missing = new Set([...this.missing, event.detail]);
  }
}

/** Return the reading of a field that counts, else its newest. @param {any} field */
export function currentReading(field) {
  return field.readings.find((/** @type {any} */ one) => one.counts) ?? field.readings[0] ?? null;
}

/** Answer of one reading in words: classes, cells and cautions, or why the field was refused. @param {any} reading */
export function answerOf(reading) {
  if (reading.reason) {
    return html`<p>${mark("unknown", t("field_card.is_refused"))}</p>
      <p class="exam-small">${t("field_card.because", { what: reasonText(reading.reason) })} ${reasonAdvice(reading.reason)}</p>
      ${screeningOf(reading)}`;
  }
  const { field } = reading;
  const cautions = field?.cautions ?? [];
  return html`<p class="field-answer">${reading.prediction_set.map(conclusionTitle).join(t("list.or"))}</p>
    ${field ? html`<p class="exam-small">${t("field_card.cells", { count: field.white_cells, blasts: field.blasts })}</p>` : nothing}
    ${cautions.length
      ? html`<details class="exam-small"><summary>${t("field_card.cautions", { count: cautions.length })}</summary><ul>${cautions.map((/** @type {string} */ one) => html`<li>${cautionText(one)}</li>`)}</ul></details>`
      : nothing}
    ${screeningOf(reading)}`;
}

customElements.define("bl-field-list", FieldList);
