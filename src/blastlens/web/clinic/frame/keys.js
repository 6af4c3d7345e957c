/** List of the keys that are active now. */

import { html } from "lit";
import { ask } from "../../shared/dialogs.js";
import { activeKeys } from "../../shared/keyboard.js";
import { hasText, t } from "../../shared/texts.js";
import { singleKeysChoice } from "./choices.js";

export async function showKeys() {
  const keys = activeKeys();
  const rows = keys.map((one) => html`<tr><td><kbd>${nameOf(one.key)}</kbd></td><td>${t(one.label)}</td></tr>`);
  const content = html`
    <div class="scrolls"><table class="plain">
      <thead><tr><th scope="col">${t("keys.key")}</th><th scope="col">${t("keys.does")}</th></tr></thead>
      <tbody>${rows}</tbody>
    </table></div>
    ${singleKeysChoice()}
  `;
  await ask({ title: t("keys.title"), content });
}

/** @param {string} key */
function nameOf(key) {
  if (hasText(`key.${key}`)) return t(`key.${key}`);
  return key.length === 1 && key !== key.toLowerCase() ? `${t("key.Shift")} ${key}` : key;
}
