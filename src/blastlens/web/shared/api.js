/** Client of the service's HTTP API: bearer token, language, repetition and problems. */

import { Problem } from "./problem.js";
import { language } from "./texts.js";

/**
 * @typedef {object} Options
 * @property {Record<string, string | number | null | undefined>} [query] parameters; null and undefined are left out
 * @property {AbortSignal} [signal] ends the request
 * @property {Record<string, string>} [headers]
 * @property {boolean} [repeats] whether a request that changes something may be sent again: its body has an `id` that
 *   the service stores once. GET is always sent again.
 */

/** @typedef {{body: any, etag: string | null, response: Response}} Answer */

const TIMEOUT_MS = 30_000;
const PAUSES_MS = [500, 1500, 4000];

export class Api {
  /**
   * @param {object} parts
   * @param {() => Promise<string | null>} parts.token bearer token that is valid now; null where none is needed
   * @param {() => Promise<boolean>} parts.onExpired called at 401; whether there is a new token, and the request is repeated
   * @param {(url: string, init: RequestInit) => Promise<Response>} [parts.fetch]
   * @param {(ms: number) => Promise<void>} [parts.wait]
   * @param {(offline: boolean) => void} [parts.onConnection] called when the service does not answer, and when it does again
   */
  constructor({ token, onExpired, fetch = globalThis.fetch.bind(globalThis), wait = sleep, onConnection = () => {} }) {
    this._token = token;
    this._onExpired = onExpired;
    this._fetch = fetch;
    this._wait = wait;
    this._onConnection = onConnection;
  }

  /** @param {string} path @param {Options} [options] */
  async get(path, options = {}) {
    return (await this.send("GET", path, undefined, { repeats: true, ...options })).body;
  }

  /** @param {string} path @param {object} body @param {Options} [options] */
  async post(path, body, options = {}) {
    return (await this.send("POST", path, body, { repeats: "id" in body, ...options })).body;
  }

  /** @param {string} path @param {Options} [options] */
  async delete(path, options = {}) {
    return (await this.send("DELETE", path, undefined, options)).body;
  }

  /**
   * Send a request, again where that is safe and may help.
   *
   * @param {string} method
   * @param {string} path below the page's origin, such as `/v1/me`
   * @param {object | undefined} body
   * @param {Options} options
   * @returns {Promise<Answer>}
   * @throws {Problem} the service refused, failed or did not answer.
   */
  async send(method, path, body, options) {
    let renewed = false;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this._sendOnce(method, path, body, options);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.status === 401 && !renewed && (await this._onExpired())) {
          renewed = true;
          tries -= 1;
          continue;
        }
        if (!error.isTemporary || !options.repeats || tries >= PAUSES_MS.length) throw error;
        await this._wait(Math.max(PAUSES_MS[tries], error.body.retryAfterMs ?? 0));
        options.signal?.throwIfAborted();
      }
    }
  }

  /**
   * Get a file, such as a report.
   *
   * @param {string} path
   * @param {Options} [options]
   * @returns {Promise<Blob>}
   */
  async getFile(path, options = {}) {
    const { response } = await this.send("GET", path, undefined, { repeats: true, ...options });
    return response.blob();
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object | undefined} body
   * @param {Options} options
   * @returns {Promise<Answer>}
   */
  async _sendOnce(method, path, body, { query = {}, signal, headers = {} }) {
    const token = await this._token();
    const response = await this._receive(path + queryOf(query), {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: {
        Accept: "application/json, application/problem+json",
        "Accept-Language": language(),
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...headers,
      },
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
      cache: "no-store",
      credentials: "omit",
    }, signal);
    if (!response.ok) throw new Problem(response.status, await problemBody(response));
    const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
    return { body: isJson ? await readJson(response) : null, etag: response.headers.get("ETag"), response };
  }

  /** @param {string} url @param {RequestInit} init @param {AbortSignal | undefined} signal */
  async _receive(url, init, signal) {
    try {
      const response = await this._fetch(url, init);
      this._onConnection(false);
      return response;
    } catch (error) {
      if (signal?.aborted) throw error;
      this._onConnection(true);
      throw new Problem(0, {});
    }
  }
}

/**
 * Fill a path; the values are encoded.
 *
 * @param {TemplateStringsArray} parts
 * @param {...string} values
 */
export function path(parts, ...values) {
  return String.raw({ raw: parts }, ...values.map(encodeURIComponent));
}

/** Return an id for a request that may be sent more than once. */
export function newId() {
  return crypto.randomUUID();
}

/** @param {Record<string, string | number | null | undefined>} query */
function queryOf(query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** The body may break off: then the request counts as not answered. @param {Response} response */
async function readJson(response) {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    throw new Problem(0, {});
  }
}

/** @param {Response} response */
async function problemBody(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  const retryAfterMs = Number.isFinite(seconds) ? Math.min(seconds, 30) * 1000 : 0;
  try {
    return { ...(await response.json()), retryAfterMs };
  } catch {
    return { retryAfterMs };
  }
}

/** @param {number} ms @returns {Promise<void>} */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
