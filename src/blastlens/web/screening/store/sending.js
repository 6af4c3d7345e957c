/**
 * Sending on this page: the signed-in person, the queue, and what starts it.
 *
 * It needs the unlocked store and a signed-in person: neither PIN nor token is kept anywhere else than in the memory of the page.
 */

import { Api } from "../../shared/api.js";
import { Problem } from "../../shared/problem.js";
import { Session, loadConfig } from "../../shared/session.js";
import { SignInRefused } from "../../shared/sign_in.js";
import { NotPossible } from "./errors.js";
import { requestSync } from "./installation.js";
import { SendQueue } from "./queue.js";
import { makeTransport } from "./transport.js";

/** Path of the page, which the identity provider sends back to. */
const PAGE = "/screening/";
/** An open page tries again so long after the service did not answer. */
const AGAIN_MS = 60_000;

/**
 * @typedef {object} Person answer of `GET /v1/me`
 * @property {string} name
 * @property {string} clinic_id
 * @property {string} clinic_name
 * @property {("reader" | "signer" | "admin")[]} roles
 * @property {string} language
 * @property {string} stage
 */

export class Sending {
  /** @param {import("./store.js").Store} store @param {() => Promise<import("../../shared/session.js").Config>} [config] */
  constructor(store, config = loadConfig) {
    this._store = store;
    this._config = config;
    /** @type {Session | null} */
    this._session = null;
    /** @type {SendQueue | null} */
    this._queue = null;
    /** Who is signed in. @type {Person | null} */
    this.person = null;
    /** Why sending ended last; null before. @type {import("./queue.js").Outcome | null} */
    this.outcome = null;
    /** @type {Set<() => void>} */
    this._listeners = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._timer = undefined;
    addEventListener("online", () => this._pumpByItself());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this._pumpByItself());
    navigator.serviceWorker?.addEventListener("message", ({ data }) => data?.kind === "send" && this._pumpByItself());
  }

  /** @returns {"idle" | "sending" | "offline" | "signed out"} */
  get state() {
    if (this._queue?.isSending) return "sending";
    if (this.outcome === "offline" || this.outcome === "later") return "offline";
    return this._session?.isSignedIn && this.outcome !== "signed out" ? "idle" : "signed out";
  }

  /** Shares that were sent of fields on their way, from 0 to 1. @returns {ReadonlyMap<string, number>} */
  get progress() {
    return this._queue?.progress ?? new Map();
  }

  /**
   * Take over a sign-in whose code is in the address. Call it once, when the page opens.
   *
   * @returns {Promise<"signed in" | "signed out" | "handed over">}
   * @throws {SignInRefused} the provider refused it.
   * @throws {Problem} there is no network.
   */
  async start() {
    if (!new URLSearchParams(location.search).has("state")) return "signed out";
    const session = await this._open();
    const outcome = (await answered(() => session.finish())) ?? "signed out";
    if (outcome === "signed in") await this.pump();
    return outcome;
  }

  /** Leave for the sign-in. The store is locked then, and the page comes back. @throws {Problem} there is no network. */
  async signIn() {
    await (await this._open()).signIn("");
  }

  /** Whether the signed-in person can never send what waits here, and has to make way for somebody who can. */
  get isWrongPerson() {
    return this.outcome === "another clinic" || this.outcome === "forbidden";
  }

  /**
   * Sign out. What is stored stays.
   *
   * @throws {NotPossible} "unsent": there are images that this person has not sent.
   */
  async signOut() {
    if (!this.isWrongPerson && (await this._store.unsent()) > 0) throw new NotPossible("unsent");
    this._queue?.stop();
    this._store.lock({ everywhere: true });
    this.person = null;
    (await this._open()).signOut();
  }

  /** Send what is in the queue, as far as that is possible now. @returns {Promise<import("./queue.js").Outcome>} */
  async pump() {
    const outcome = await this._pump();
    this.outcome = outcome;
    if (outcome === "offline" || outcome === "later") await this._tryLater();
    this._tell();
    return outcome;
  }

  async _tryLater() {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._pumpByItself(), AGAIN_MS);
    await requestSync();
  }

  _pumpByItself() {
    this.pump().catch((error) => console.error(error));
  }

  /** @param {() => void} listener @returns {() => void} ends it. */
  onChange(listener) {
    this._listeners.add(listener);
    return () => this._listeners.delete(listener);
  }

  /** @returns {Promise<import("./queue.js").Outcome>} */
  async _pump() {
    if (this._store.state !== "open") return "locked";
    if (!this._session?.isSignedIn || !this._queue) return "signed out";
    const running = this._queue.pump();
    this._tell();
    return running;
  }

  /** @returns {Promise<Session>} */
  async _open() {
    if (this._session) return this._session;
    const config = await answered(this._config);
    // A network that asks for a sign-in of its own may answer this request too.
    if (typeof config?.authorize !== "string") throw new Problem(0, {});
    const session = new Session({ ...config, page: PAGE });
    const api = new Api({ token: () => session.token(), onExpired: () => session.onExpired() });
    const transport = makeTransport(api);
    this._queue = new SendQueue(this._store, { ...transport, account: () => this._account(transport) });
    this._queue.onChange(() => this._tell());
    this._session = session;
    return session;
  }

  /** @param {import("./queue.js").Transport} transport */
  async _account(transport) {
    const account = await transport.account();
    this.person = account.person ?? null;
    this._tell();
    return account;
  }

  _tell() {
    for (const listener of this._listeners) listener();
  }
}

/**
 * Wait for an answer; where none comes, or none that can be read, there is no network.
 *
 * @template T
 * @param {() => Promise<T>} request
 * @returns {Promise<T>}
 * @throws {SignInRefused} @throws {Problem}
 */
async function answered(request) {
  try {
    return await request();
  } catch (error) {
    if (error instanceof SignInRefused || error instanceof Problem) throw error;
    console.warn(error);
    throw new Problem(0, {});
  }
}
