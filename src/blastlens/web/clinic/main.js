/** Start of the clinic's page. */

import { startPage } from "../shared/page_start.js";
import { startWork } from "../shared/work_start.js";
import de from "./texts/de.js";
import en from "./texts/en.js";
import * as serviceWords from "./texts/service_words.js";
import "./frame/app.js";

startPage({ en, de }, serviceWords);
startWork();
