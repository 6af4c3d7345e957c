/** What is shown of an examination or field that is not on this device. */

import { html } from "lit";
import { t } from "../../shared/texts.js";

export function missing() {
  return html`<h1>${t("screening.missing")}</h1><p>${t("screening.missing_what")}</p><a class="button primary wide" href="#/">${t("screening.back_home")}</a>`;
}
