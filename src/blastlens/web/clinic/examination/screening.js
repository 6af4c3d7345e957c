/** Verdict of the screening at the microscope beside the answer to a field. No answer depends on it. */

import { html, nothing } from "lit";
import { mark } from "../../shared/marks.js";
import { t } from "../../shared/texts.js";

/** Return what the screening said of a field, and whether the answer differs; nothing without one. @param {any} reading */
export function screeningOf(reading) {
  const { edge } = reading;
  if (!edge) return nothing;
  return html`<p class="exam-small field-screening">
    ${t("screening.said", { finding: t(`screening.finding.${edge.finding}`) })} ${edge.disagrees ? mark("caution", t("screening.differs")) : nothing}
  </p>`;
}
