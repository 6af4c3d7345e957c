/** Tests of the words of the page for screening: what they may never say. */

import assert from "node:assert/strict";
import { test } from "node:test";
import de from "../../../src/blastlens/web/screening/texts/de.js";
import en from "../../../src/blastlens/web/screening/texts/en.js";

const all = [...Object.entries(en), ...Object.entries(de)];

test("no text names a kind of leukemia, or says benign, healthy or normal", () => {
  for (const [key, text] of all) assert.doesNotMatch(text, /\bALL\b/, key);
  for (const [key, text] of all) assert.doesNotMatch(text, /pre-?b|pr[äa]-?b|pro-?b|lympho|benign|gutartig|healthy|gesund|normal|all[- ]clear|entwarnung/i, key);
});

test("whoever reads that nothing suspicious was found reads that leukemia is not ruled out", () => {
  assert.match(en["screening.outcome.nothing"], /leukemia is not ruled out/);
  assert.match(de["screening.outcome.nothing"], /Leukämie ist nicht ausgeschlossen/);
  // The mark of a field stands alone under its thumbnail.
  for (const key of ["screening.field.nothing", "screening.field_next.nothing"]) {
    assert.match(en[key], /rules nothing out/i);
    assert.match(de[key], /schließt nichts aus/i);
  }
  assert.match(en["screening.limits"], /does not rule leukemia out/);
  assert.match(de["screening.limits"], /schließt eine Leukämie nicht aus/);
});

test("every outcome says what to do next, and none is told to a patient", () => {
  for (const texts of [en, de]) {
    for (const key of Object.keys(texts).filter((one) => one.startsWith("screening.outcome."))) {
      const next = key.replace("outcome", "next");
      assert.ok(next in texts || `${next}.other` in texts, key);
      assert.ok(key.replace("outcome", "then") in texts, key);
    }
  }
  for (const step of ["next", "then"]) {
    assert.match(en[`screening.${step}.suspicious`], /Do not tell the patient/);
    assert.match(de[`screening.${step}.suspicious`], /Sagen Sie dem Patienten nichts/);
  }
});

test("an instruction at the microscope is short enough to be read at a glance", () => {
  for (const [key, text] of all) if (key.startsWith("screening.advice.")) assert.ok(text.length <= 30, `${key}: ${text}`);
});
