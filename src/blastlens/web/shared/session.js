/** The signed-in person: token in memory, its renewal, and what happens when the session ends. */

import { SignInRefused, finishSignIn, leaveToSignIn, logoutUrl, renew, signInBeside } from "./sign_in.js";

/** @typedef {import("./sign_in.js").Provider} Provider */
/** @typedef {import("./sign_in.js").Tokens} Tokens */

/**
 * @typedef {object} Config content of /config.json
 * @property {string} authorize
 * @property {string} token
 * @property {string} logout
 * @property {string} client_id
 * @property {string} stage
 * @property {string} storage_origin
 * @property {string | null} vapid_public_key
 * @property {string} [page] path of the page that signs in; set by the page itself
 */

/** A token is renewed so long before it ends: the clocks of browser and service may differ. */
const EARLY_MS = 60_000;
/** Marks a tab that was signed in, so that a reload signs in by the provider's session without a question. */
const MARK = "blastlens.signed-in";

export class Session {
  /** @param {Config} config */
  constructor(config) {
    this.config = config;
    /** @type {Tokens | null} */
    this._tokens = null;
    this._endsAt = 0;
    /** @type {Promise<boolean> | null} */
    this._renewal = null;
    /** Asks the person to sign in again; set by the page. Resolves to whether they did. @type {() => Promise<boolean>} */
    this.askAgain = async () => false;
  }

  get isSignedIn() {
    return this._tokens !== null;
  }

  /**
   * Take over a sign-in from the address, or start one where this tab was signed in before.
   *
   * @param {string} address to return to
   * @returns {Promise<"signed in" | "signed out" | "leaving" | "handed over">}
   * @throws {SignInRefused}
   */
  async start(address) {
    const finished = await this.finish();
    if (finished !== null) return finished;
    if (sessionStorage.getItem(MARK) !== "yes" && address === "") return "signed out";
    await this.signIn(address);
    return "leaving";
  }

  /**
   * Take over a sign-in from the address, and start none.
   *
   * @returns {Promise<"signed in" | "handed over" | null>}
   * @throws {SignInRefused}
   */
  async finish() {
    const finished = await finishSignIn(this.config);
    if (finished === null || finished === "handed over") return finished;
    this._keep(finished.tokens);
    sessionStorage.setItem(MARK, "yes");
    return "signed in";
  }

  /** Leave for the provider's sign-in, and come back to an address. @param {string} address */
  async signIn(address) {
    // A provider that sends the person back with an error must not be asked again without a click.
    sessionStorage.removeItem(MARK);
    await leaveToSignIn(this.config, address);
  }

  /** Sign in again in a window beside this one. @param {AbortSignal} signal */
  async signInBeside(signal) {
    this._keep(await signInBeside(this.config, signal));
  }

  /** Forget the token, and end the provider's session. */
  signOut() {
    this._tokens = null;
    sessionStorage.removeItem(MARK);
    location.assign(logoutUrl(this.config));
  }

  /** Return a bearer token that is valid now, renewed where it ends soon. @returns {Promise<string | null>} */
  async token() {
    if (this._tokens && Date.now() > this._endsAt - EARLY_MS) await this._renewOnce().catch(() => false);
    return this._tokens?.id_token ?? null;
  }

  /**
   * Get a new token after the service refused the old one: quietly, else by asking the person.
   *
   * @returns {Promise<boolean>} whether there is one.
   */
  async onExpired() {
    try {
      if (await this._renewOnce()) return true;
    } catch (error) {
      if (!(error instanceof SignInRefused)) return false;
    }
    return this.askAgain();
  }

  /** Several requests may need a token at once: one renewal serves them all. @returns {Promise<boolean>} */
  _renewOnce() {
    this._renewal ??= this._renew().finally(() => (this._renewal = null));
    return this._renewal;
  }

  /** @returns {Promise<boolean>} */
  async _renew() {
    const refresh = this._tokens?.refresh_token;
    if (!refresh) return false;
    this._keep({ refresh_token: refresh, ...(await renew(this.config, refresh)) });
    return true;
  }

  /** @param {Tokens} tokens */
  _keep(tokens) {
    this._tokens = tokens;
    this._endsAt = Date.now() + tokens.expires_in * 1000;
  }
}

/** @returns {Promise<Config>} */
export async function loadConfig() {
  const response = await fetch("/config.json", { cache: "no-cache", credentials: "omit" });
  if (!response.ok) throw new Error(`/config.json answered ${response.status}`);
  return response.json();
}
