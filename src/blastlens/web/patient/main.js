/** Start of the patient's page. */

import { startPage } from "../shared/page_start.js";
import de from "./texts/de.js";
import en from "./texts/en.js";
import { registerWorker } from "./worker.js";
import "./app.js";

startPage({ en, de });
registerWorker();
