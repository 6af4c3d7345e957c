/** Requests about one examination. */

import { path } from "../../shared/api.js";

/** @typedef {import("../../shared/api.js").Api} Api */
/** @typedef {{body: any, etag: string | null}} Answer */

/** Routes of one examination. */
export class ExaminationApi {
  /** @param {Api} api @param {string} patientId @param {string} examinationId */
  constructor(api, patientId, examinationId) {
    this.api = api;
    this.path = path`/v1/patients/${patientId}/examinations/${examinationId}`;
  }

  /**
   * Return the examination; a null body where it is still the one of `etag`.
   * @param {string | null} etag
   * @returns {Promise<Answer>}
   */
  async examination(etag) {
    try {
      const headers = etag ? { "If-None-Match": etag } : undefined;
      return await this.api.send("GET", this.path, undefined, { repeats: true, headers });
    } catch (error) {
      if (/** @type {any} */ (error).status === 304) return { body: null, etag };
      throw error;
    }
  }

  /** @param {number} limit @param {string | null} next @returns {Promise<any>} */
  fields(limit, next) {
    return this.api.get(`${this.path}/fields`, { query: { limit, next } });
  }

  /** @param {string} uploadId @returns {Promise<any>} */
  field(uploadId) {
    return this.api.get(this.path + path`/fields/${uploadId}`);
  }

  /** @param {number} limit number of fields @param {string | null} next @returns {Promise<any>} */
  cells(limit, next) {
    return this.api.get(`${this.path}/cells`, { query: { limit, next } });
  }

  /** @param {string} id @param {object[]} moves @returns {Promise<any>} */
  moveCells(id, moves) {
    return this.api.post(`${this.path}/cells/moves`, { id, moves });
  }

  /** @param {string} uploadId @param {{id: string, reason: string, basis: string}} body */
  exclude(uploadId, body) {
    return this.#change("POST", path`/fields/${uploadId}/exclusion`, body);
  }

  /** @param {string} uploadId */
  include(uploadId) {
    return this.#change("DELETE", path`/fields/${uploadId}/exclusion`);
  }

  /** @param {string} id @param {string} text */
  comment(id, text) {
    return this.#change("POST", "/comments", { id, text });
  }

  /** @param {string} id @param {string} question */
  askColleague(id, question) {
    return this.#change("POST", "/opinions", { id, question });
  }

  /** @param {string} opinionId @param {{id: string, text: string, conclusion: string | null}} answer */
  answerColleague(opinionId, answer) {
    return this.#change("POST", path`/opinions/${opinionId}/answer`, answer);
  }

  /**
   * Sign, amend, retract or release. The service stores a repeated request once.
   * @param {string} action
   * @param {object} body
   */
  sign(action, body) {
    return this.#change("POST", `/${action}`, body);
  }

  /** @param {string} language @returns {Promise<Blob>} */
  report(language) {
    return this.api.getFile(`${this.path}/report.pdf`, { query: { language } });
  }

  /** @returns {Promise<Blob>} */
  fhir() {
    return this.api.getFile(`${this.path}/fhir`);
  }

  /** @param {string} method @param {string} rest @param {object} [body] @returns {Promise<Answer>} */
  #change(method, rest, body) {
    return this.api.send(method, this.path + rest, body, { repeats: true });
  }
}
