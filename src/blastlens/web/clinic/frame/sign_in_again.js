/** The session has ended: sign in again beside the page, which keeps everything that was typed. */

import { html } from "lit";
import { ask } from "../../shared/dialogs.js";
import { t } from "../../shared/texts.js";

/** @typedef {import("../../shared/session.js").Session} Session */

/** @type {Promise<boolean> | null} */
let question = null;

/**
 * Ask the person to sign in again. Requests that fail meanwhile wait for the same answer.
 *
 * @param {Session} session
 * @returns {Promise<boolean>} whether they did.
 */
export function askToSignIn(session) {
  question ??= askOnce(session).finally(() => (question = null));
  return question;
}

/** @param {Session} session */
async function askOnce(session) {
  const ending = new AbortController();
  let isDone = false;
  const open = async (/** @type {Event} */ event) => {
    const dialog = /** @type {HTMLElement} */ (event.target).closest("dialog");
    try {
      await session.signInBeside(ending.signal);
      isDone = true;
      dialog?.close("done");
    } catch (error) {
      if (!ending.signal.aborted) console.error(error);
    }
  };
  await ask({
    title: t("sign_in.ended"),
    content: html`<p>${t("sign_in.ended_why")}</p>
      <button type="button" class="primary" @click=${open}>${t("sign_in.beside")}</button>`,
    choices: [{ value: "later", label: t("sign_in.later") }],
  });
  ending.abort();
  return isDone;
}
