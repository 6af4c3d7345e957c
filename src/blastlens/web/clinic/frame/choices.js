/** Choices of the reader: language, appearance and single keys. */

import { html } from "lit";
import { areSingleKeysOn, switchSingleKeys } from "../../shared/keyboard.js";
import { applyAppearance, readPreference, writePreference } from "../../shared/preferences.js";
import { LANGUAGES, language, setLanguage, t } from "../../shared/texts.js";

export function languageChoice() {
  return html`<label class="choice">
    <span>${t("language.choose")}</span>
    <select @change=${(/** @type {any} */ event) => chooseLanguage(event.target.value)}>
      ${LANGUAGES.map((one) => html`<option value=${one} lang=${one} ?selected=${one === language()}>${t(`language.${one}`)}</option>`)}
    </select>
  </label>`;
}

export function appearanceChoice() {
  const chosen = readPreference("appearance") ?? "system";
  return html`<label class="choice">
    <span>${t("appearance.choose")}</span>
    <select @change=${(/** @type {any} */ event) => chooseAppearance(event.target.value)}>
      ${["system", "light", "dark"].map((one) => html`<option value=${one} ?selected=${one === chosen}>${t(`appearance.${one}`)}</option>`)}
    </select>
  </label>`;
}

export function singleKeysChoice() {
  return html`<label class="check">
    <input type="checkbox" .checked=${areSingleKeysOn()} @change=${(/** @type {any} */ event) => switchSingleKeys(event.target.checked)} />
    <span>${t("keys.single")}</span>
  </label>`;
}

/** @param {import("../../shared/texts.js").Language} chosen */
function chooseLanguage(chosen) {
  writePreference("language", chosen);
  setLanguage(chosen);
}

/** @param {string} chosen */
function chooseAppearance(chosen) {
  const appearance = chosen === "system" ? null : chosen;
  writePreference("appearance", appearance);
  applyAppearance(appearance);
}
