/** Summary of an examination: its sentence, what is possible, notes with next steps, and where it stands. */

import { html, nothing } from "lit";
import { elementStyle } from "../../shared/element_style.js";
import { mark } from "../../shared/marks.js";
import { formatShare, formatTime, t } from "../../shared/texts.js";
import { screeningFact, screeningNote } from "./core/screening.js";
import { conclusionTitle, statusTitle } from "./words.js";

/** @type {Record<string, import("../../shared/marks.js").Tone>} */
const TONES = {
  leukemia: "high",
  uncertain: "caution",
  other_disease: "high",
  insufficient: "unknown",
  not_assessable: "unknown",
  harmless: "calm",
};

/** Return the mark of a finding with its words. @param {string | null} finding */
export function findingMark(finding) {
  return finding === null ? mark("soft", t("finding.none")) : mark(TONES[finding] ?? "unknown", t(`finding.${finding}`));
}

/** Return the summary. @param {any} examination */
export function summaryTemplate(examination) {
  const { answer, finding } = examination;
  const tone = TONES[finding] ?? "soft";
  return html`<div class="exam-answer">
    ${notesOf(examination)}
    <section class="card exam-summary ${tone}" aria-labelledby="summary-title">
      <h2 id="summary-title" class="visually-hidden">${t("exam.summary")}</h2>
      <p class="exam-lead">${findingMark(finding)} <span class="exam-status">${statusTitle(examination.status)}</span></p>
      <p class="exam-sentence">${examination.summary}</p>
      ${answer && examination.history.length ? html`<p class="exam-small">${t("exam.computed")}</p>` : nothing}
      ${answer ? probabilities(answer) : nothing}
      <p class="exam-small">${decisionSupport(examination)}</p>
    </section>
  </div>`;
}

/** @param {any} answer */
function probabilities(answer) {
  const labels = Object.keys(answer.probabilities);
  return html`
    <dl class="exam-bars" aria-label=${t("exam.probabilities")}>
      ${labels.map((label) => {
        const share = answer.probabilities[label];
        const isOpen = answer.prediction_set.includes(label);
        return html`<div class=${isOpen ? "open" : ""}>
          <dt>${conclusionTitle(label)} ${isOpen ? html`<span class="exam-open">${t("exam.not_excluded")}</span>` : nothing}</dt>
          <dd><span class="bar" ${elementStyle({ "--share": String(share) })}></span><span class="numeric">${formatShare(share)}</span></dd>
        </div>`;
      })}
    </dl>
  `;
}

/** What the page says at every answer: decision support, and that benign rules nothing out. @param {any} examination */
export function decisionSupport(examination) {
  const couldBeBenign = examination.answer?.prediction_set.includes("benign") || examination.finding === "harmless";
  return [t("support.short"), couldBeBenign ? t("support.benign") : ""].filter(Boolean).join(" ");
}

/** Notes that a reader must see before signing, each with its next step. @param {any} examination */
export function notesOf(examination) {
  const { answer, fields } = examination;
  const screening = screeningNote(examination);
  const notes = [
    examination.held && note("caution", t("exam.note.held")),
    examination.late_fields && note("caution", t("exam.note.late")),
    examination.hides_leukemia && note("caution", t("exam.note.hides")),
    answer?.contradicts && note("caution", t("exam.note.contradicts")),
    screening && note("caution", t(screening.key, screening.values)),
    answer?.missing_cells > 0 && note("caution", t("exam.note.few", { count: answer.missing_cells })),
    !answer && examination.status !== "OPEN" && note("caution", t("exam.note.unread")),
    fields.waiting_for_model > 0 && note("", t("exam.note.waiting", { count: fields.waiting_for_model })),
    examination.status === "OPEN" && !examination.held && note("", openSentence(fields)),
    examination.left_to_clinic && note("caution", t("exam.note.left_to_clinic")),
  ];
  return notes.map((one) => one || nothing);
}

/** @param {any} fields */
function openSentence(fields) {
  const read = fields.read + sumOf(fields.rejected);
  return fields.declared ? t("exam.note.open_of", { count: read, declared: fields.declared }) : t("exam.note.open", { count: read });
}

/** @param {Record<string, number>} counts */
export function sumOf(counts) {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

/** @param {string} tone @param {string} text */
function note(tone, text) {
  return html`<div class="note ${tone}"><p>${text}</p></div>`;
}

/** @param {any} fields */
function fieldCounts(fields) {
  const excluded = fields.excluded ? t("exam.fields_excluded", { count: fields.excluded }) : "";
  return t("exam.fields_of", { read: fields.read, refused: sumOf(fields.rejected) }) + excluded;
}

/** Facts below the title: when, how many fields and cells, which model. @param {any} examination */
export function factsTemplate(examination) {
  const { first_taken_at: first, last_taken_at: last, fields, answer, model } = examination;
  const screening = screeningFact(examination);
  const facts = [
    [t("exam.taken"), first === last ? formatTime(first) : t("exam.span", { first: formatTime(first), last: formatTime(last) })],
    [t("exam.fields"), fieldCounts(fields)],
    [t("exam.cells"), answer ? String(answer.white_cells) : "–"],
    [t("exam.model"), `${model.name} ${model.version}`],
    [t("screening.title"), screening && t(screening.key, screening.values)],
  ];
  return html`<dl class="exam-facts">${facts.filter(([, value]) => value).map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>`;
}
