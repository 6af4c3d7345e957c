/** History of an examination: signatures with what each replaced, notices, and a release. */

import { html, nothing } from "lit";
import { formatTime, hasText, t } from "../../shared/texts.js";
import { conclusionTitle } from "./words.js";

/** @param {any} examination */
export function historyTemplate(examination) {
  const { history, told, released } = examination;
  const entries = [
    ...history.map((/** @type {any} */ one) => ({ at: one.signed_at, view: signature(one) })),
    ...["clinic", "patient", "system"].flatMap((who) =>
      (told[who] ?? []).map((/** @type {any} */ one) => ({ at: one.told_at, view: notice(who, one) })),
    ),
    ...(released ? [{ at: released.released_at, view: html`<p>${t("history.released", { name: released.released_by })}</p>` }] : []),
  ].sort((one, other) => (one.at < other.at ? -1 : 1));
  return html`<section class="card" aria-labelledby="history-title">
    <h2 id="history-title">${t("history.title")}</h2>
    ${entries.length === 0 ? html`<p class="exam-small">${t("history.none")}</p>` : nothing}
    <ol class="history">${entries.map(({ at, view }) => html`<li><time datetime=${at}>${formatTime(at)}</time>${view}</li>`)}</ol>
  </section>`;
}

/** @param {any} one */
function signature(one) {
  const conclusion = one.conclusion ? conclusionTitle(one.conclusion) : "";
  const replaced = one.replaces && one.replaces !== one.conclusion ? t("history.replaces", { conclusion: conclusionTitle(one.replaces) }) : "";
  return html`<p><strong>${t(`history.${one.kind}`, { conclusion })}</strong></p>
    <p>${t("history.by", { name: one.signed_by })} ${replaced}</p>
    ${one.reason ? html`<blockquote>${one.reason}</blockquote>` : nothing}`;
}

/** @param {string} who @param {any} one */
function notice(who, one) {
  const key = `history.meaning.${one.meaning}`;
  return html`<p class="exam-small">${t(`history.told.${who}`, { what: hasText(key) ? t(key) : one.meaning })}</p>`;
}
