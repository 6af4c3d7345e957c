/** Header: where one is, how many images are not sent, and the menu. */

import { html, nothing } from "lit";
import { appearanceChoice, languageChoice } from "../../clinic/frame/choices.js";
import { ask } from "../../shared/dialogs.js";
import { mark } from "../../shared/marks.js";
import { t } from "../../shared/texts.js";
import { sentenceOf } from "../core/sentences.js";

/** @typedef {import("../workspace.js").Workspace} Workspace */

/** @param {Workspace | null} workspace @param {() => void} lock */
export function header(workspace, lock) {
  if (!workspace) return nothing;
  return html`<header class="bar">
    <a class="brand" href="#/"><img src="/screening/icon.svg" alt="" width="32" height="32" /><span>${t("screening.page_title")}</span></a>
    ${stage(workspace)}
    ${workspace.unsent > 0 ? html`<span class="bar-unsent">${mark("todo", t("screening.unsent", { count: workspace.unsent }))}</span>` : nothing}
    <button class="quiet bar-menu" popovertarget="menu" aria-haspopup="true">${t("screening.menu")}</button>
    ${menu(workspace, lock)}
  </header>`;
}

/** Data of a test stage must not be taken for patients'. @param {Workspace} workspace */
function stage({ sending }) {
  const name = sending.person?.stage ?? "prod";
  return name === "prod" ? nothing : html`<span class="stage">${t("screening.stage", { stage: name })}</span>`;
}

/** @param {Workspace} workspace @param {() => void} lock */
function menu(workspace, lock) {
  const { person } = workspace.sending;
  return html`<div id="menu" popover class="menu">
    ${person ? html`<p><strong>${person.name}</strong><br />${person.clinic_name}</p>` : nothing}
    ${languageChoice()} ${appearanceChoice()}
    ${workspace.isOpen ? html`<a class="button" href="#/about" @click=${close}>${t("screening.about")}</a>
    <button @click=${() => after(lock)}>${t("screening.lock")}</button>` : nothing}
    ${person ? html`<button @click=${() => after(() => signOut(workspace))}>${t("screening.sign_out")}</button>` : nothing}
  </div>`;
}

function close() {
  document.getElementById("menu")?.hidePopover();
}

/** @param {() => void} next */
function after(next) {
  close();
  next();
}

/** Sign out; refused while images are not sent, with how many. @param {Workspace} workspace */
export async function signOut(workspace) {
  try {
    await workspace.sending.signOut();
  } catch (/** @type {any} */ error) {
    const isUnsent = error?.name === "NotPossible" && error.reason === "unsent";
    const count = await workspace.store.unsent();
    await ask({
      title: t(isUnsent ? "screening.sign_out_refused" : "screening.sign_out_failed"),
      content: isUnsent ? t("screening.sign_out_unsent", { count }) : sentenceOf(error),
    });
  }
}
