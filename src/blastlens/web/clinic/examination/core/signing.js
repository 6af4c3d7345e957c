/** Rules of signing on the page: what may be done now, which checks come first, and what is sent. */

/** Actions that each state admits to a signer. */
const ACTIONS = {
  OPEN: [],
  READY: ["sign"],
  INSUFFICIENT: ["sign"],
  SIGNED: ["amend", "retract"],
  AMENDED: ["amend", "retract"],
  RETRACTED: ["sign"],
};

/** Greatest length of a reason. */
export const LONGEST_REASON = 1000;

/**
 * Return what a person may do with an examination now.
 * @param {any} examination
 * @param {string[]} roles of the person
 * @returns {{actions: string[], why: string|null}} `why` is a text's key where there is nothing to do
 */
export function actionsOf(examination, roles) {
  const actions = ACTIONS[/** @type {keyof typeof ACTIONS} */ (examination.status)] ?? [];
  if (!roles.includes("signer")) return { actions: [], why: "sign.why.reader" };
  if (examination.held) {
    return { actions: ["release", ...actions.filter((one) => one === "retract")], why: "sign.why.held" };
  }
  return { actions, why: actions.length ? null : "sign.why.open" };
}

/**
 * Return why a person may not move cells and exclude fields now, as a text's key; null where they may.
 * @param {any} examination
 * @param {string[]} roles of the person
 */
export function whyUnchangeable(examination, roles) {
  if (!roles.includes("signer")) return "gallery.reader";
  return ["SIGNED", "AMENDED"].includes(examination.status) ? "gallery.signed" : null;
}

/**
 * Return the conclusion that an acceptance signs; null where the answer leaves several open, or is none.
 * @param {any} examination
 */
export function acceptable(examination) {
  const answer = examination.answer;
  if (!answer || answer.missing_cells || answer.prediction_set.length !== 1) return null;
  return answer.label;
}

/** Actions that state a conclusion, and need the checks before. */
const CONCLUDES = ["sign", "amend"];

/**
 * Return the checks that a signer has to confirm for an action, as the service names them.
 * @param {any} examination
 * @param {string} action
 * @returns {string[]} names as in `checks` of the request
 */
export function checksOf(examination, action) {
  return CONCLUDES.includes(action) ? [...examination.checks] : [];
}

/**
 * Return what is missing before a form can be sent: keys of texts by the name of the input.
 * @param {{action: string, conclusion: string|null, reason: string, checks: string[]}} form
 * @param {string[]} needed checks that apply
 * @returns {Record<string, string>}
 */
export function missingOf(form, needed) {
  /** @type {Record<string, string>} */
  const missing = {};
  if (CONCLUDES.includes(form.action) && !form.conclusion) {
    missing.conclusion = "sign.missing.conclusion";
  }
  if ((form.action === "amend" || form.action === "retract") && !form.reason.trim()) {
    missing.reason = `sign.missing.reason.${form.action}`;
  }
  if (form.reason.length > LONGEST_REASON) missing.reason = "sign.missing.shorter";
  for (const check of needed) if (!form.checks.includes(check)) missing[check] = "sign.missing.check";
  return missing;
}

/**
 * Return the body of a request; the signer's name is not in it, because the service takes it from the sign-in.
 * @param {{action: string, conclusion: string|null, reason: string, checks: string[]}} form
 * @param {any} examination as the signer saw it
 */
export function bodyOf(form, examination) {
  const { basis, signatures, review } = examination;
  if (form.action === "release") return { basis };
  const reason = form.reason.trim().replace(/\s+/g, " ");
  if (form.action === "retract") return { basis, signatures, reason };
  const accepts = form.action === "sign" && form.conclusion === acceptable(examination);
  return {
    ...(form.action === "sign" ? { kind: accepts ? "accept" : "correct" } : {}),
    conclusion: form.conclusion,
    checks: form.checks,
    ...(reason ? { reason } : {}),
    ...(review ? { moves: review.moves } : {}),
    basis,
    signatures,
  };
}
