/** Sentences about what changed in an examination. */

import { formatTime, t } from "../../shared/texts.js";
import { conclusionTitle, listConclusions, statusTitle } from "./words.js";

/** Return a change as a sentence. @param {import("./core/changes.js").Change} change */
export function changeSentence({ key, values }) {
  if (key === "changes.signed") {
    return t(key, { name: values.name, time: formatTime(values.at), conclusion: conclusionTitle(values.conclusion) });
  }
  if (key === "changes.retracted") return t(key, { name: values.name, time: formatTime(values.at) });
  if (key === "changes.answer") return t(key, { from: answerText(values.from), to: answerText(values.to) });
  if (key === "changes.status") return t(key, { from: statusTitle(values.from), to: statusTitle(values.to) });
  return t(key, values);
}

/** @param {string[]} labels */
function answerText(labels) {
  return labels.length ? listConclusions(labels) : t("changes.no_answer");
}
