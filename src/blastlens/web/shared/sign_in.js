/**
 * Sign-in by authorization code with PKCE (RFC 7636) at the identity provider.
 *
 * Tokens stay in memory. Between leaving the page and coming back, the tab's session storage holds the state, the
 * verifier and the address to return to; they are removed when the page is back.
 */

/**
 * @typedef {object} Provider what /config.json says of the identity provider
 * @property {string} authorize address of the authorization endpoint
 * @property {string} token address of the token endpoint
 * @property {string} logout address that ends the provider's session
 * @property {string} client_id
 * @property {string} [page] path of the page that the provider sends back to, as `/screening/`; `/` where it is left out
 */

/**
 * @typedef {object} Tokens
 * @property {string} id_token
 * @property {string} [refresh_token]
 * @property {number} expires_in seconds
 */

/**
 * @typedef {object} Attempt
 * @property {string} state
 * @property {string} verifier
 * @property {string} address the part of the page's address after `#` to return to
 */

const STORED = "blastlens.sign-in";
const CHANNEL = "blastlens.sign-in";
/** How long the window with the page has to take over a code that another window brought. */
const HANDOVER_MS = 3000;

/** The provider refused the sign-in or the renewal; `code` is OAuth's error. */
export class SignInRefused extends Error {
  /** @param {string} code */
  constructor(code) {
    super(`The sign-in was refused: ${code}.`);
    this.code = code;
  }
}

/** Return an attempt with a new state and verifier. @param {string} address @returns {Attempt} */
export function newAttempt(address) {
  return { state: randomText(16), verifier: randomText(32), address };
}

/** Leave the page for the provider's sign-in. @param {Provider} provider @param {string} address to return to */
export async function leaveToSignIn(provider, address) {
  const attempt = newAttempt(address);
  sessionStorage.setItem(STORED, JSON.stringify(attempt));
  // Not assign: going back would lead to the sign-in, which leads forward again.
  location.replace(await authorizeUrl(provider, attempt));
}

/** @param {Provider} provider @param {Attempt} attempt @returns {Promise<string>} */
export async function authorizeUrl(provider, attempt) {
  const url = new URL(provider.authorize, location.origin);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: provider.client_id,
    redirect_uri: redirectUri(provider),
    scope: "openid profile",
    state: attempt.state,
    code_challenge_method: "S256",
    code_challenge: await challengeOf(attempt.verifier),
  }).toString();
  return url.href;
}

/** Return the challenge of a verifier: base64url of its SHA-256. @param {string} verifier */
export async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))));
}

/**
 * Finish a sign-in whose code is in the page's address, and clean the address.
 *
 * @param {Provider} provider
 * @returns {Promise<{tokens: Tokens, address: string} | "handed over" | null>} null where the address has no code, or
 *   one that this tab did not ask for: an attacker's link does not sign anybody in.
 * @throws {SignInRefused} the provider refused it.
 */
export async function finishSignIn(provider) {
  const query = new URLSearchParams(location.search);
  const state = query.get("state");
  const code = query.get("code");
  if (state === null || (code === null && !query.has("error"))) return null;
  const attempt = takeAttempt();
  if (attempt?.state !== state) {
    if (code !== null && (await handOver(state, code))) return "handed over";
    cleanAddress(provider, "");
    return null;
  }
  cleanAddress(provider, attempt.address);
  if (code === null) throw new SignInRefused(query.get("error") ?? "unknown");
  return { tokens: await exchange(provider, code, attempt.verifier), address: attempt.address };
}

/**
 * Sign in again in a second window, so that this one keeps all that was typed. Call it from a click.
 *
 * @param {Provider} provider
 * @param {AbortSignal} signal ends the waiting
 * @returns {Promise<Tokens>}
 */
export async function signInBeside(provider, signal) {
  const attempt = newAttempt("");
  // Opened before anything is awaited: browsers refuse windows that no click asked for.
  const opened = window.open("about:blank", "blastlens-sign-in", "popup,width=520,height=720");
  const url = await authorizeUrl(provider, attempt);
  if (opened) opened.location.href = url;
  else window.open(url, "_blank");
  const code = await receiveCode(attempt.state, signal);
  return exchange(provider, code, attempt.verifier);
}

/** @param {string} state @param {AbortSignal} signal @returns {Promise<string>} */
function receiveCode(state, signal) {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => {
      channel.close();
      reject(signal.reason);
    });
    channel.onmessage = ({ data }) => {
      if (data?.state !== state || typeof data.code !== "string") return;
      channel.postMessage({ taken: state });
      channel.close();
      resolve(data.code);
    };
  });
}

/**
 * Give a code to the window of this page that asked for it.
 *
 * @param {string} state
 * @param {string} code
 * @returns {Promise<boolean>} whether a window took it.
 */
function handOver(state, code) {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(false), HANDOVER_MS);
    const done = (/** @type {boolean} */ taken) => {
      clearTimeout(timer);
      channel.close();
      resolve(taken);
    };
    channel.onmessage = ({ data }) => data?.taken === state && done(true);
    channel.postMessage({ state, code });
  });
}

/** @param {Provider} provider @param {string} code @param {string} verifier @returns {Promise<Tokens>} */
function exchange(provider, code, verifier) {
  return requestTokens(provider, {
    grant_type: "authorization_code",
    client_id: provider.client_id,
    redirect_uri: redirectUri(provider),
    code,
    code_verifier: verifier,
  });
}

/**
 * Get a new id token without the person.
 *
 * @param {Provider} provider
 * @param {string} refreshToken
 * @returns {Promise<Tokens>}
 * @throws {SignInRefused} the session is over.
 * @throws {TypeError} the provider did not answer.
 */
export function renew(provider, refreshToken) {
  return requestTokens(provider, {
    grant_type: "refresh_token",
    client_id: provider.client_id,
    refresh_token: refreshToken,
  });
}

/** @param {Provider} provider @param {Record<string, string>} body @returns {Promise<Tokens>} */
async function requestTokens(provider, body) {
  const response = await fetch(new URL(provider.token, location.origin), {
    method: "POST",
    body: new URLSearchParams(body),
    cache: "no-store",
    credentials: "omit",
  });
  if (response.ok) return response.json();
  const refusal = await response.json().catch(() => ({}));
  throw new SignInRefused(typeof refusal.error === "string" ? refusal.error : `status ${response.status}`);
}

/** Return the provider's address that ends its session and comes back to the page. @param {Provider} provider */
export function logoutUrl(provider) {
  const url = new URL(provider.logout, location.origin);
  url.search = new URLSearchParams({ client_id: provider.client_id, logout_uri: redirectUri(provider) }).toString();
  return url.href;
}

/** @returns {Attempt | null} */
function takeAttempt() {
  const text = sessionStorage.getItem(STORED);
  sessionStorage.removeItem(STORED);
  return text === null ? null : JSON.parse(text);
}

/** Remove code and state from the address, so that no reload and no history has them. @param {Provider} provider @param {string} address */
function cleanAddress({ page = "/" }, address) {
  history.replaceState(null, "", page + (address ? `#${address}` : ""));
}

/** @param {Provider} provider */
function redirectUri({ page = "/" }) {
  return location.origin + page;
}

/** @param {number} bytes */
function randomText(bytes) {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** @param {Uint8Array} bytes */
function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
