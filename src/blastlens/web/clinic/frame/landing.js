/** What is shown while nobody is signed in. */

import { html } from "lit";
import { languageChoice } from "./choices.js";
import { t } from "../../shared/texts.js";

/** @param {() => void} signIn */
export function landing(signIn) {
  return outside(html`
    <h1>${t("landing.title")}</h1>
    <p>${t("landing.what")}</p>
    <button class="primary" @click=${signIn}>${t("sign_in.do")}</button>
    <p class="landing-limits">${t("frame.support")} ${t("frame.benign")}</p>
  `);
}

/** @param {string} message @param {() => void} signIn */
export function failure(message, signIn) {
  return outside(html`
    <h1>${t("sign_in.failed")}</h1>
    <p class="note error" role="alert">${message}</p>
    <button class="primary" @click=${signIn}>${t("sign_in.again")}</button>
    <button @click=${() => location.reload()}>${t("problem.retry")}</button>
  `);
}

/** Shown in the second window, when the first one has taken the sign-in over. */
export function signedInBeside() {
  window.close();
  return outside(html`<h1>${t("sign_in.done")}</h1><p role="status">${t("sign_in.close_window")}</p>`);
}

/** @param {unknown} content */
function outside(content) {
  return html`
    <main class="landing" id="main">
      <div class="landing-card card">
        <p class="brand"><img src="/icon.svg" alt="" width="28" height="28" />blastlens</p>
        ${content}
      </div>
      <div class="landing-language">${languageChoice()}</div>
    </main>
  `;
}
