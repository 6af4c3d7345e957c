/** Header: navigation, who is signed in at which clinic, and choices. */

import { html, nothing } from "lit";
import { clearDrafts } from "../../shared/drafts.js";
import { ask } from "../../shared/dialogs.js";
import { hasUnsaved } from "../../shared/drafts.js";
import { hasText, t } from "../../shared/texts.js";
import { appearanceChoice, languageChoice } from "./choices.js";
import { showKeys } from "./keys.js";

/** @typedef {import("../context.js").Person} Person */
/** @typedef {import("../../shared/session.js").Session} Session */

const LINKS = [
  { name: "worklist", address: "#/worklist" },
  { name: "upload", address: "#/upload" },
  { name: "screening", address: "/screening/" },
  { name: "model", address: "#/model" },
];

/** @param {{person: Person | undefined, session: Session | undefined, active: string | undefined}} shown */
export function header({ person, session, active }) {
  if (!person || !session) return nothing;
  return html`
    <header class="header">
      <a class="brand" href="#/worklist"><img src="/icon.svg" alt="" width="28" height="28" /><span>blastlens</span></a>
      ${stage(person.stage)}
      <nav aria-label=${t("frame.navigation")}>
        ${LINKS.map((one) => html`<a href=${one.address} aria-current=${one.name === active ? "page" : nothing}>${t(`${one.name}.link`)}</a>`)}
      </nav>
      <div class="who">
        <button class="quiet" popovertarget="menu" aria-haspopup="true">
          <span class="who-name">${person.name}</span><span class="who-clinic">${person.clinic_name}</span>
        </button>
        ${menu(person, session)}
      </div>
    </header>
  `;
}

/** Data of a test stage must not be taken for patients'. @param {string} name */
function stage(name) {
  return name === "prod" ? nothing : html`<span class="stage">${t("frame.stage", { stage: name })}</span>`;
}

/** @param {Person} person @param {Session} session */
function menu(person, session) {
  const roles = person.roles.map((one) => (hasText(`role.${one}`) ? t(`role.${one}`) : one)).join(", ");
  return html`<div id="menu" popover class="menu">
    <p><strong>${person.name}</strong><br />${person.clinic_name}<br /><span class="soft">${roles}</span></p>
    ${languageChoice()} ${appearanceChoice()}
    <button class="quiet" @click=${() => closeMenu(showKeys)}>${t("keys.title")}</button>
    <button class="quiet" @click=${() => closeMenu(() => signOut(session))}>${t("sign_out.do")}</button>
  </div>`;
}

/** @param {() => void} next */
function closeMenu(next) {
  document.getElementById("menu")?.hidePopover();
  next();
}

/** @param {Session} session */
async function signOut(session) {
  if (hasUnsaved()) {
    const choices = [
      { value: "stay", label: t("dialog.cancel") },
      { value: "leave", label: t("sign_out.anyway"), tone: /** @type {const} */ ("danger") },
    ];
    const chosen = await ask({ title: t("sign_out.unsaved"), content: t("sign_out.unsaved_why"), choices });
    if (chosen !== "leave") return;
  }
  clearDrafts();
  session.signOut();
}
