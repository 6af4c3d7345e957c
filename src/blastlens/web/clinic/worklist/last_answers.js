/** The last answers by what was asked: the service neither sends nor records again what did not change. */

/** @typedef {import("../../shared/api.js").Answer} Answer */

const MOST = 8;

export class LastAnswers {
  constructor() {
    /** @type {Map<string, {etag: string, body: any}>} */
    this._known = new Map();
  }

  /**
   * Return the body of an answer; the last one where the service says that it did not change.
   *
   * @param {string} key what is asked
   * @param {(headers: Record<string, string> | undefined) => Promise<Answer>} ask sends the request with these headers
   * @returns {Promise<any>}
   * @throws {unknown} what `ask` throws.
   */
  async get(key, ask) {
    const known = this._known.get(key);
    try {
      const { body, etag } = await ask(known ? { "If-None-Match": known.etag } : undefined);
      this._keep(key, etag, body);
      return body;
    } catch (error) {
      if (known && /** @type {any} */ (error).status === 304) return { ...known.body, as_of: new Date().toISOString() };
      throw error;
    }
  }

  /** @param {string} key @param {string | null} etag @param {any} body */
  _keep(key, etag, body) {
    this._known.delete(key);
    if (etag !== null) this._known.set(key, { etag, body });
    const [oldest] = this._known.keys();
    if (this._known.size > MOST) this._known.delete(oldest);
  }
}
