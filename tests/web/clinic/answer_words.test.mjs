/** Tests of the words of a row: benign never stands alone, and nothing is said by colour alone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, screeningOf, statusOf, urgencyOf } from "../../../src/blastlens/web/clinic/worklist/answer_words.js";
import { makeRow } from "../../../src/blastlens/web/clinic/worklist/rows.js";
import de from "../../../src/blastlens/web/clinic/texts/de.js";
import en from "../../../src/blastlens/web/clinic/texts/en.js";
import * as serviceWords from "../../../src/blastlens/web/clinic/texts/service_words.js";
import { LANGUAGES, addTexts, setLanguage } from "../../../src/blastlens/web/shared/texts.js";
import { examinationView } from "./examination_views.mjs";

addTexts({ en, de });
addTexts(serviceWords);
setLanguage("en");

const row = (changes) => makeRow(examinationView(changes));
const benign = { finding: "harmless", urgency: "routine", answer: { label: "benign", prediction_set: ["benign"] } };
const signed = (conclusion, status = "SIGNED") => ({ status, history: [{ conclusion, signed_by: "Dr. Vogel", signed_at: "2026-11-22T12:00:00Z" }] });

test("a computed benign answer says beside it that leukemia is not ruled out", () => {
  for (const [language, words] of [["en", /does not rule leukemia out/], ["de", /schließt Leukämie nicht aus/]]) {
    setLanguage(language);
    assert.match(answerOf(row(benign)).also, words);
  }
  setLanguage("en");
});

test("benign comes last among the classes that are possible: a cut line does not leave it alone", () => {
  const answer = answerOf(row({ finding: "uncertain", answer: { prediction_set: ["benign", "early_pre_b"] } }));
  assert.match(answer.also, /Early Pre-B ALL, Benign/);
  assert.match(answer.text, /Uncertain/);
});

test("too few cells are never shown as an answer, whatever the classes say", () => {
  const answer = answerOf(row({ status: "INSUFFICIENT", finding: "insufficient", answer: { prediction_set: ["benign"] } }));
  assert.equal(answer.text, "Too few white cells");
  assert.match(answer.also, /Nothing is ruled out/);
});

test("an examination without a readable field says so", () => {
  const fields = { read: 0, rejected: { blurred: 2, empty: 1 }, declared: null, waiting_for_model: 0 };
  const unread = row({ status: "INSUFFICIENT", finding: null, answer: null, fields, urgency: "unknown" });
  assert.equal(answerOf(unread).text, "No field could be read");
  assert.equal(unread.rejected, 3);
});

test("a signature replaces the computed answer, with the signer's name", () => {
  const answer = answerOf(row({ ...benign, ...signed("pre_b") }));
  assert.deepEqual([answer.text, answer.also], ["Pre-B ALL", "Signed by Dr. Vogel"]);
});

test("after a retraction the computed answer is shown again", () => {
  const retracted = row({ status: "RETRACTED", history: [...signed("benign").history, { conclusion: null, signed_by: "Dr. Amsel", signed_at: "2026-11-23T12:00:00Z" }] });
  assert.equal(answerOf(retracted).also, "Computed, not signed");
});

test("a held examination shows no answer", () => {
  assert.doesNotMatch(JSON.stringify(answerOf(row({ held: true }))), /Pre-B/);
});

test("contradicting fields are said before any class", () => {
  assert.equal(answerOf(row({ finding: "uncertain", answer: { contradicts: true, prediction_set: ["benign", "pre_b"] } })).text, "Fields contradict one another");
});

test("a signed examination is urgent again when fields come late", () => {
  assert.equal(urgencyOf(row(signed("pre_b"))).text, "Signed");
  assert.equal(urgencyOf(row({ ...signed("pre_b"), late_fields: true })).text, "Urgent");
  assert.equal(statusOf(row({ ...signed("pre_b"), late_fields: true })).text, "Fields came late");
});

test("marks of different meaning have different shapes and different words", () => {
  for (const language of LANGUAGES) {
    setLanguage(language);
    const seen = ["high", "routine", "unknown"].map((urgency) => urgencyOf(row({ urgency })));
    assert.equal(new Set(seen.map((one) => one.tone)).size, 3);
    assert.equal(new Set(seen.map((one) => one.text)).size, 3);
  }
  setLanguage("en");
});

test("a conclusion or state that the page does not know is shown as it is", () => {
  assert.equal(answerOf(row(signed("new_class"))).text, "new_class");
  assert.equal(statusOf(row({ status: "ARCHIVED" })).text, "ARCHIVED");
});

test("a row whose screening differs is marked by a word, softly once it is signed", () => {
  const edge = { compared: 8, disagreeing: 3, disagrees: true };
  assert.deepEqual(screeningOf(row({ ...benign, edge })), { tone: "caution", text: "Screening differs" });
  assert.equal(screeningOf(row({ ...benign, ...signed("benign"), edge }))?.tone, "soft");
  assert.equal(screeningOf(row({ ...benign, ...signed("benign"), late_fields: true, edge }))?.tone, "caution");
  assert.equal(screeningOf(row({ ...benign, edge: { ...edge, disagrees: false } })), null);
  assert.equal(screeningOf(row(benign)), null);
});

test("what a screening says does not change the words of the answer", () => {
  const edge = { compared: 8, disagreeing: 8, disagrees: true };
  for (const changes of [benign, {}, { finding: "uncertain", answer: { prediction_set: ["benign", "pre_b"] } }, signed("pre_b")]) {
    assert.deepEqual(answerOf(row({ ...changes, edge })), answerOf(row(changes)));
    assert.deepEqual(urgencyOf(row({ ...changes, edge })), urgencyOf(row(changes)));
  }
});
