/** Start of the patient's page. */

import { addTexts, matchLanguage, setLanguage, LANGUAGES } from "../shared/texts.js";
import { applyAppearance, readPreference } from "../shared/preferences.js";
import sharedDe from "../shared/texts/de.js";
import sharedEn from "../shared/texts/en.js";
import de from "./texts/de.js";
import en from "./texts/en.js";
import { registerWorker } from "./worker.js";
import "./app.js";

addTexts({ en: sharedEn, de: sharedDe });
addTexts({ en, de });
const chosen = LANGUAGES.find((one) => one === readPreference("language"));
setLanguage(chosen ?? matchLanguage(navigator.languages));
applyAppearance(readPreference("appearance"));
registerWorker();
