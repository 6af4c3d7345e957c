/** Start of a page: its texts, language and appearance. */

import { applyAppearance, readPreference } from "./preferences.js";
import { LANGUAGES, addTexts, matchLanguage, setLanguage } from "./texts.js";
import sharedDe from "./texts/de.js";
import sharedEn from "./texts/en.js";

/**
 * Choose the language of a page's texts, and its appearance.
 *
 * @param {Parameters<typeof addTexts>[0][]} texts of the page, by language
 */
export function startPage(...texts) {
  for (const one of [{ en: sharedEn, de: sharedDe }, ...texts]) addTexts(one);
  const chosen = LANGUAGES.find((one) => one === readPreference("language"));
  setLanguage(chosen ?? matchLanguage(navigator.languages));
  applyAppearance(readPreference("appearance"));
}
