/** A patient of the clinic: examinations, and the access codes of the patient's own page. */

import { html, nothing } from "lit";
import { path } from "../../shared/api.js";
import { PageElement } from "../../shared/element.js";
import { mark } from "../../shared/marks.js";
import { messageOf } from "../../shared/problem.js";
import { href } from "../../shared/router.js";
import { formatDay, formatTime, onLanguage, t } from "../../shared/texts.js";
import { api, hasRole } from "../context.js";
import { addressOf } from "../frame/neighbours.js";
import { answerOf, statusOf, urgencyOf } from "../worklist/answer_words.js";
import { makeRow } from "../worklist/rows.js";
import { askToRevoke, makeCode } from "./access_codes.js";

/** @typedef {{id: string, made_at: string, expires_at: string, revoked_at: string | null, blocked: boolean, last_used_at: string | null}} AccessCode */
/** @typedef {{patient_id: string, examinations: any[], access_codes: AccessCode[]}} Patient */

class PatientView extends PageElement {
  static properties = { route: {}, patient: { state: true }, error: { state: true }, isWorking: { state: true } };

  constructor() {
    super();
    /** @type {import("../../shared/router.js").Route | null} */
    this.route = null;
    /** @type {Patient | null} */
    this.patient = null;
    /** @type {unknown} */
    this.error = null;
    this.isWorking = false;
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(onLanguage(() => this._load()));
  }

  get _id() {
    return this.route?.params.patient ?? "";
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has("route")) return;
    this.patient = null;
    this._load();
  }

  async _load() {
    const id = this._id;
    try {
      const patient = await api().get(path`/v1/patients/${id}`);
      if (id !== this._id) return;
      this.patient = patient;
      this.error = null;
    } catch (error) {
      this.error = error;
    }
  }

  async _makeCode() {
    this.isWorking = true;
    try {
      await makeCode(this._id);
    } catch (error) {
      this.error = error;
      return;
    } finally {
      this.isWorking = false;
    }
    await this._load();
  }

  /** @param {AccessCode} code */
  async _revoke(code) {
    try {
      if (await askToRevoke(this._id, code)) await this._load();
    } catch (error) {
      this.error = error;
    }
  }

  render() {
    return html`
      <div class="title-line">
        <h1>${t("patient.title")} <span class="id">${this._id}</span></h1>
        <a class="button" href=${href("/upload", { patient: this._id })}>${t("patient.upload")}</a>
      </div>
      ${this.error ? html`<div class="note error" role="alert"><p>${messageOf(this.error)}</p><button class="small" @click=${() => this._load()}>${t("problem.retry")}</button></div>` : nothing}
      ${this.patient ? html`${examinations(this.patient.examinations)} ${this._codes(this.patient.access_codes)}` : this.error ? nothing : html`<p class="soft">${t("loading")}</p>`}
    `;
  }

  /** @param {AccessCode[]} codes */
  _codes(codes) {
    const mayMake = hasRole("signer") || hasRole("admin");
    return html`<section class="card patient-codes" aria-labelledby="codes-title">
      <div class="title-line"><h2 id="codes-title">${t("codes.title")}</h2>
        ${mayMake ? html`<button class="primary" aria-disabled=${this.isWorking} @click=${() => this.isWorking || this._makeCode()}>${t("codes.make")}</button>` : nothing}
      </div>
      <p>${t("codes.what")}</p>
      ${codes.length === 0 ? html`<p class="soft">${t("codes.none")}</p>` : html`<div class="scrolls" tabindex="0" role="region" aria-label=${t("codes.list")}><table class="plain">
        <thead><tr>
          <th scope="col">${t("codes.state")}</th><th scope="col">${t("codes.made")}</th><th scope="col">${t("codes.expires")}</th>
          <th scope="col">${t("codes.used")}</th><th scope="col"><span class="visually-hidden">${t("codes.revoke")}</span></th>
        </tr></thead>
        <tbody>${codes.map((one) => this._code(one, mayMake))}</tbody>
      </table></div>`}
    </section>`;
  }

  /** @param {AccessCode} code @param {boolean} mayRevoke */
  _code(code, mayRevoke) {
    const state = stateOf(code);
    return html`<tr>
      <td>${mark(state === "open" ? "calm" : state === "blocked" ? "caution" : "soft", t(`codes.state_${state}`))}</td>
      <td class="numeric">${formatTime(code.made_at)}</td>
      <td class="numeric">${formatDay(code.expires_at)}</td>
      <td class="numeric">${code.last_used_at ? formatTime(code.last_used_at) : t("codes.never")}</td>
      <td>${mayRevoke && state === "open" ? html`<button class="small danger" @click=${() => this._revoke(code)}>${t("codes.revoke")}</button>` : nothing}</td>
    </tr>`;
  }
}

/** @param {AccessCode} code @returns {"open" | "blocked" | "revoked" | "expired"} */
export function stateOf(code) {
  if (code.revoked_at) return "revoked";
  if (code.blocked) return "blocked";
  return new Date(code.expires_at) <= new Date() ? "expired" : "open";
}

/** @param {any[]} views */
function examinations(views) {
  if (views.length === 0) return html`<div class="card"><p>${t("patient.none")}</p></div>`;
  return html`<ul class="patient-examinations">${views.map((view) => {
    const row = makeRow(view);
    const [answer, status, urgency] = [answerOf(row), statusOf(row), urgencyOf(row)];
    return html`<li class="card">
      <p class="patient-when"><a href=${addressOf(row)}>${t("patient.of", { time: formatTime(row.takenAt) })}</a>${mark(urgency.tone, urgency.text)} ${mark(status.tone, status.text)}</p>
      <p>${mark(answer.tone, answer.text)} <span class="soft">${answer.also}</span></p>
      <p class="soft">${row.summary}</p>
    </li>`;
  })}</ul>`;
}

customElements.define("bl-patient", PatientView);
