import assert from "node:assert/strict";
import test from "node:test";
import { applyMove, sharesOf, wilsonInterval } from "../../../src/blastlens/web/clinic/examination/core/differential.js";
import { KINDS, kindOfKey } from "../../../src/blastlens/web/clinic/examination/core/kinds.js";
import { aDifferential } from "./builders.mjs";

test("the interval of a share is that of the service", () => {
  const [low, high] = wilsonInterval(7, 101);
  assert.ok(Math.abs(low - 0.0340) < 5e-4, String(low));
  assert.ok(Math.abs(high - 0.1361) < 5e-4, String(high));
  assert.deepEqual(wilsonInterval(0, 0), [0, 1]);
});

test("a cell that becomes a blast changes both counts, the share and its interval", () => {
  const after = applyMove(aDifferential(), { from: "benign", to: "pro_b", wasMoved: false, isMoved: true });
  assert.deepEqual(after.by_kind, { benign: 3, early_pre_b: 0, pre_b: 5, pro_b: 1, other_white: 1 });
  assert.equal(after.blasts, 6);
  assert.equal(after.blast_share, 0.6);
  assert.equal(after.moved, 1);
  assert.deepEqual(after.blast_interval, wilsonInterval(6, 10));
});

test("a move and its opposite give the differential from before", () => {
  const before = aDifferential({ blast_interval: wilsonInterval(5, 10) });
  const there = applyMove(before, { from: "benign", to: "pre_b", wasMoved: false, isMoved: true });
  const back = applyMove(there, { from: "pre_b", to: "benign", wasMoved: true, isMoved: false });
  assert.deepEqual(back, before);
});

test("no count falls below zero, whatever the service left out", () => {
  const after = applyMove(aDifferential({ by_kind: {}, blasts: 0 }), { from: "pro_b", to: "benign", wasMoved: true, isMoved: true });
  assert.equal(after.by_kind.pro_b, 0);
  assert.equal(after.blasts, 0);
});

test("shares of no cells are zeros", () => {
  const shares = sharesOf(aDifferential({ cells: 0, by_kind: {} }), KINDS);
  assert.ok(shares.every(({ share, count }) => share === 0 && count === 0));
});

test("what is no white cell does not count, and counts again when it is moved back", () => {
  const without = applyMove(aDifferential(), { from: "pre_b", to: "not_a_cell", wasMoved: false, isMoved: true });
  assert.deepEqual([without.cells, without.blasts, without.by_kind.not_a_cell], [9, 4, 1]);
  const back = applyMove(without, { from: "not_a_cell", to: "pre_b", wasMoved: true, isMoved: false });
  assert.deepEqual([back.cells, back.blasts, back.moved], [10, 5, 0]);
});

test("keys 1 to 6 stand for the six classes, and no others do", () => {
  assert.deepEqual(["1", "5", "6", "0", "7", "12", "a"].map(kindOfKey), ["benign", "other_white", "not_a_cell", null, null, null, null]);
});
