/** Start of a page on which clinicians work: keys, and unsaved work. */

import { hasUnsaved } from "./drafts.js";
import { startKeyboard } from "./keyboard.js";

/** Start the keys, and ask before the page is left with something unsaved. */
export function startWork() {
  startKeyboard();
  addEventListener("beforeunload", (event) => {
    if (hasUnsaved()) event.preventDefault();
  });
}
