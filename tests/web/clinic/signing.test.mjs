import assert from "node:assert/strict";
import test from "node:test";
import { changesOf } from "../../../src/blastlens/web/clinic/examination/core/changes.js";
import { acceptable, actionsOf, bodyOf, checksOf, missingOf, whyUnchangeable } from "../../../src/blastlens/web/clinic/examination/core/signing.js";
import { anAnswer, anExamination } from "./builders.mjs";

const SIGNER = ["reader", "signer"];
const SIGNATURE = { kind: "accept", conclusion: "pre_b", signed_by: "Dr. Amsel", signed_at: "2026-11-30T08:00:00Z", reason: null };
const form = (changes) => ({ action: "sign", conclusion: "pre_b", reason: "", checks: [], ...changes });

test("each state admits its actions, to a signer alone", () => {
  const byStatus = (status, changes = {}) => actionsOf(anExamination({ status, ...changes }), SIGNER).actions;
  assert.deepEqual(byStatus("OPEN"), []);
  assert.deepEqual(byStatus("READY"), ["sign"]);
  assert.deepEqual(byStatus("INSUFFICIENT"), ["sign"]);
  assert.deepEqual(byStatus("AMENDED"), ["amend", "retract"]);
  assert.deepEqual(byStatus("RETRACTED"), ["sign"]);
  assert.deepEqual(byStatus("SIGNED", { held: true }), ["release", "retract"]);
  assert.deepEqual(byStatus("READY", { held: true }), ["release"]);
  assert.deepEqual(actionsOf(anExamination(), ["reader", "admin"]).actions, []);
});

test("cells and fields are changed by signers, and not under a signature that stands", () => {
  const why = (status, roles = SIGNER) => whyUnchangeable(anExamination({ status }), roles);
  assert.equal(why("READY", ["reader", "admin"]), "gallery.reader");
  assert.deepEqual(["OPEN", "READY", "INSUFFICIENT", "RETRACTED"].map((status) => why(status)), [null, null, null, null]);
  assert.deepEqual(["SIGNED", "AMENDED"].map((status) => why(status)), ["gallery.signed", "gallery.signed"]);
});

test("an answer that leaves several classes open cannot be accepted", () => {
  assert.equal(acceptable(anExamination()), "pre_b");
  assert.equal(acceptable(anExamination({ answer: anAnswer({ prediction_set: ["pre_b", "benign"] }) })), null);
  assert.equal(acceptable(anExamination({ answer: anAnswer({ missing_cells: 20 }) })), null);
  assert.equal(acceptable(anExamination({ answer: null })), null);
});

test("the checks are those that the service names, for what states a conclusion alone", () => {
  const examination = anExamination({ checks: ["uncertain_cells_seen", "contradiction_considered"] });
  assert.deepEqual(checksOf(examination, "sign"), examination.checks);
  assert.deepEqual(checksOf(examination, "amend"), examination.checks);
  assert.deepEqual(checksOf(examination, "retract"), []);
  assert.deepEqual(checksOf(examination, "release"), []);
});

test("a form says everything that is missing at once", () => {
  const missing = missingOf(form({ conclusion: null }), ["uncertain_cells_seen", "contradiction_considered"]);
  assert.deepEqual(Object.keys(missing), ["conclusion", "uncertain_cells_seen", "contradiction_considered"]);
  assert.deepEqual(Object.keys(missingOf(form({ action: "retract", conclusion: null, reason: " " }), [])), ["reason"]);
  assert.deepEqual(missingOf(form({ action: "amend", reason: "x".repeat(1001) }), []), { reason: "sign.missing.shorter" });
  assert.deepEqual(missingOf(form(), []), {});
});

test("a body has what the signer saw, and never a name", () => {
  const examination = anExamination({ signatures: 2, review: { moves: 7 } });
  const seen = { basis: examination.basis, signatures: 2 };
  const checks = ["uncertain_cells_seen"];
  assert.deepEqual(bodyOf(form({ checks }), examination), { kind: "accept", checks, conclusion: "pre_b", moves: 7, ...seen });
  assert.equal(bodyOf(form({ conclusion: "pro_b" }), examination).kind, "correct");
  assert.deepEqual(bodyOf(form({ action: "retract", reason: " wrong\npatient " }), examination), { ...seen, reason: "wrong patient" });
  assert.deepEqual(bodyOf(form({ action: "release" }), examination), { basis: examination.basis });
  assert.deepEqual(bodyOf(form({ action: "amend", conclusion: "pro_b", reason: "second look", checks }), examination), {
    conclusion: "pro_b", reason: "second look", checks, moves: 7, ...seen,
  });
});

test("cells that a colleague moved, and a leukemia that an exclusion hides, are changes", () => {
  const before = anExamination({ review: { moves: 2 } });
  const now = anExamination({ review: { moves: 5 }, hides_leukemia: true });
  assert.deepEqual(changesOf(before, now), [{ key: "changes.hides", values: {} }, { key: "changes.moves", values: { count: 3 } }]);
});

test("a signature and an answer that changed since are named, most important first", () => {
  const before = anExamination();
  const now = anExamination({
    status: "SIGNED",
    signatures: 1,
    history: [SIGNATURE],
    fields: { ...before.fields, read: 8 },
    answer: anAnswer({ prediction_set: ["pre_b", "benign"], white_cells: 150 }),
  });
  assert.deepEqual(changesOf(before, now).map(({ key }) => key), [
    "changes.signed", "changes.answer", "changes.fields", "changes.cells",
  ]);
  assert.equal(changesOf(before, now)[0].values.name, "Dr. Amsel");
});

test("nothing changed where a signer sees the same", () => {
  assert.deepEqual(changesOf(anExamination(), anExamination({ revision: 9 })), []);
});
