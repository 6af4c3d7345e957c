/** Session of a patient: in memory only, for fifteen minutes. */

import { Api } from "../shared/api.js";

/**
 * @typedef {object} SignedIn
 * @property {string} session token
 * @property {string} expires_at
 * @property {{name: string | null, contact: string[]}} clinic
 * @property {"en" | "de"} language
 * @property {string | null} push_key
 */

export class Session {
  /**
   * @param {object} parts
   * @param {() => void} parts.onOver called when the session is over
   * @param {typeof globalThis.fetch} [parts.fetch]
   */
  constructor({ onOver, fetch }) {
    this._onOver = onOver;
    /** @type {SignedIn | null} */
    this._opened = null;
    this._timer = 0;
    this.api = new Api({
      token: async () => this._opened?.session ?? null,
      onExpired: async () => {
        if (this._opened) this._end();
        return false;
      },
      ...(fetch ? { fetch } : {}),
    });
  }

  /** What the service said at sign-in; null while nobody is signed in. */
  get opened() {
    return this._opened;
  }

  /** @param {string} code @param {string} pin */
  async open(code, pin) {
    /** @type {SignedIn} */
    const opened = await this.api.post("/p/v1/session", { code, pin });
    this._opened = opened;
    clearTimeout(this._timer);
    // By the service's clock a session has fifteen minutes; the device's own clock may be wrong.
    this._timer = setTimeout(() => this._end(), SESSION_MS);
    return opened;
  }

  /** End the session here and at the service. */
  async close() {
    if (!this._opened) return;
    try {
      await this.api.delete("/p/v1/session");
    } catch {
      // It ends by itself.
    }
    this._end();
  }

  _end() {
    clearTimeout(this._timer);
    this._opened = null;
    this._onOver();
  }
}

const SESSION_MS = 15 * 60 * 1000;
