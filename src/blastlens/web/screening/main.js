/** Start of the page for screening at the microscope. */

import { startPage } from "../shared/page_start.js";
import { startWork } from "../shared/work_start.js";
import * as serviceWords from "../clinic/texts/service_words.js";
import de from "./texts/de.js";
import en from "./texts/en.js";
import "./app.js";

startPage({ en, de }, serviceWords);
startWork();
