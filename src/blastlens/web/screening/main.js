/** Start of the page for screening at the microscope. */

import { addTexts, matchLanguage, setLanguage, LANGUAGES } from "../shared/texts.js";
import { applyAppearance, readPreference } from "../shared/preferences.js";
import { hasUnsaved } from "../shared/drafts.js";
import { startKeyboard } from "../shared/keyboard.js";
import sharedDe from "../shared/texts/de.js";
import sharedEn from "../shared/texts/en.js";
import * as serviceWords from "../clinic/texts/service_words.js";
import de from "./texts/de.js";
import en from "./texts/en.js";
import "./app.js";

addTexts({ en: sharedEn, de: sharedDe });
addTexts({ en, de });
addTexts(serviceWords);
const chosen = LANGUAGES.find((one) => one === readPreference("language"));
setLanguage(chosen ?? matchLanguage(navigator.languages));
applyAppearance(readPreference("appearance"));
startKeyboard();
addEventListener("beforeunload", (event) => {
  if (hasUnsaved()) event.preventDefault();
});
