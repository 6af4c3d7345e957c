/** Tests of what an examination says about the screening at the microscope. */

import assert from "node:assert/strict";
import test from "node:test";
import { screeningFact, screeningNote } from "../../../src/blastlens/web/clinic/examination/core/screening.js";
import { anExamination } from "./builders.mjs";

const of = (compared, disagreeing, disagrees, changes = {}) => anExamination({ edge: { compared, disagreeing, disagrees }, ...changes });

test("an examination without a screening, or of a service of before, says nothing of it", () => {
  for (const examination of [of(0, 0, false), anExamination({ edge: undefined })]) {
    assert.equal(screeningFact(examination), null);
    assert.equal(screeningNote(examination), null);
  }
});

test("fields that differ are counted, whether the examination is marked or not", () => {
  assert.deepEqual(screeningFact(of(8, 0, false)), { key: "screening.agrees", values: { disagreeing: 0, count: 8 } });
  assert.deepEqual(screeningFact(of(8, 1, false)), { key: "screening.differs_in", values: { disagreeing: 1, count: 8 } });
  assert.equal(screeningNote(of(8, 1, false)), null);
});

test("a signer is told before the signature, and no longer after it", () => {
  const note = { key: "screening.note", values: { disagreeing: 3, count: 8 } };
  for (const status of ["OPEN", "READY", "INSUFFICIENT", "RETRACTED"]) assert.deepEqual(screeningNote(of(8, 3, true, { status })), note);
  for (const status of ["SIGNED", "AMENDED"]) assert.equal(screeningNote(of(8, 3, true, { status })), null);
});
