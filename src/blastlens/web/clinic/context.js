/** What every view of the clinic's page uses: the client of the API, the session and the signed-in person. */

import { Api } from "../shared/api.js";
import { Session } from "../shared/session.js";

/**
 * @typedef {object} Person answer of `GET /v1/me`
 * @property {string} name
 * @property {string} clinic_id
 * @property {string} clinic_name
 * @property {("reader" | "signer" | "admin")[]} roles
 * @property {string} language
 * @property {string} stage
 */

/** @typedef {{session: Session, api: Api, person: Person}} Context */

/** @type {Context | null} */
let current = null;

/** @param {Context} context */
export function setContext(context) {
  current = context;
}

/** @returns {Context} @throws {Error} nobody is signed in. */
export function context() {
  if (!current) throw new Error("Nobody is signed in.");
  return current;
}

/** Client of the API as the signed-in person. */
export function api() {
  return context().api;
}

/** Whether the signed-in person has a role. @param {"reader" | "signer" | "admin"} role */
export function hasRole(role) {
  return current?.person.roles.includes(role) ?? false;
}

/** @param {Session} session @param {(offline: boolean) => void} onConnection */
export function makeApi(session, onConnection) {
  return new Api({ token: () => session.token(), onExpired: () => session.onExpired(), onConnection });
}
