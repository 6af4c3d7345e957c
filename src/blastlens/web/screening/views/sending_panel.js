/** What is not sent, why, and the button that helps. */

import { html, nothing } from "lit";
import { formatShare, hasText, t } from "../../shared/texts.js";
import { ask } from "../../shared/dialogs.js";
import { sentenceOf } from "../core/sentences.js";

/** @typedef {import("../workspace.js").Workspace} Workspace */

/** Images of finished examinations that wait. @param {Workspace} workspace */
function countQueued({ examinations }) {
  return examinations.filter((one) => one.state !== "open").flatMap((one) => one.fields).filter(({ state }) => state !== "sent").length;
}

/** @param {Workspace} workspace */
export function sendingPanel(workspace) {
  const { sending } = workspace;
  const count = countQueued(workspace);
  if (count === 0) return nothing;
  return html`<section class="note sending" aria-labelledby="sending">
    <h2 id="sending">${t("screening.sending.title", { count })}</h2>
    <p>${t(`screening.sending.${key(sending)}`)}</p>
    ${sending.state === "sending" ? progress(sending) : button(workspace)}
  </section>`;
}

/** Return the key of the sentence that says why it is not sent. @param {import("../store/sending.js").Sending} sending */
function key(sending) {
  if (sending.state === "sending") return "now";
  if (sending.state === "signed out") return navigator.onLine ? "signed_out" : "signed_out_offline";
  // Something is between this phone and the service, or the phone's date is wrong: then no certificate is valid.
  if (sending.outcome === "offline" && navigator.onLine) return "unreachable";
  const outcome = (sending.outcome ?? "later").replaceAll(" ", "_");
  return hasText(`screening.sending.${outcome}`) ? outcome : "later";
}

/** @param {import("../store/sending.js").Sending} sending */
function progress({ progress: shares }) {
  const share = [...shares.values()][0] ?? 0;
  return html`<progress max="1" .value=${share} aria-label=${t("screening.sending.progress", { share: formatShare(share) })}></progress>`;
}

/** @param {Workspace} workspace */
function button(workspace) {
  if (workspace.sending.state === "signed out") return html`<button class="primary wide" @click=${() => signIn(workspace)}>${t("screening.sending.sign_in")}</button>`;
  return html`<button class="wide" @click=${() => workspace.send()}>${t("screening.sending.again")}</button>`;
}

/** Leave for the sign-in; the images stay here. @param {Workspace} workspace */
async function signIn(workspace) {
  try {
    await workspace.sending.signIn();
  } catch (error) {
    await ask({ title: t("screening.sending.no_sign_in"), content: sentenceOf(error) });
  }
}
