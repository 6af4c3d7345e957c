/** Errors of the service (RFC 9457) and of the connection, as sentences for people. */

import { t } from "./texts.js";

/**
 * A request that did not succeed. `message` is a sentence in the reader's language with a next step.
 */
export class Problem extends Error {
  /**
   * @param {number} status of the response; 0 where there was none
   * @param {Record<string, any>} body the problem's members; `errors` names fields, `examination` what it is now
   */
  constructor(status, body) {
    super(sentence(status, body));
    this.name = "Problem";
    this.status = status;
    this.body = body;
    /** @type {{field: string, message: string}[]} */
    this.errors = Array.isArray(body.errors) ? body.errors : [];
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    return [0, 408, 429, 502, 503, 504].includes(this.status);
  }

  /** Whether the service did not answer at all. */
  get isOffline() {
    return this.status === 0;
  }
}

/**
 * Return what to show of any error: a problem's sentence, or one that says that the page failed.
 *
 * @param {unknown} error
 */
export function messageOf(error) {
  if (error instanceof Problem) return error.message;
  console.error(error);
  return t("problem.page");
}

/** @param {number} status @param {Record<string, any>} body */
function sentence(status, body) {
  if (status === 0) return t("problem.offline");
  if (typeof body.detail === "string" && body.detail) return body.detail;
  if (status === 403) return t("problem.forbidden");
  if (status === 404) return t("problem.missing");
  if (status === 429) return t("problem.busy");
  if (status === 401) return t("problem.signed_out");
  return t("problem.service", { status });
}
