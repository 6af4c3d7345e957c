import assert from "node:assert/strict";
import test from "node:test";
import { cellsOf, cropAround, cropSide, groupByKind, isUncertain, sureness } from "../../../src/blastlens/web/clinic/examination/core/cells.js";
import { KINDS } from "../../../src/blastlens/web/clinic/examination/core/kinds.js";
import { aField } from "./builders.mjs";

test("a moved cell is of the kind that a person chose, and sure", () => {
  const [cell] = cellsOf(aField("U", [{ kind: "pre_b", blast_probability: 0.55, moved: { kind: "benign", by: "Dr. Vogel", at: "x" } }]));
  assert.equal(cell.kind, "benign");
  assert.equal(cell.modelKind, "pre_b");
  assert.equal(sureness(cell), 1);
  assert.ok(!isUncertain(cell));
});

test("a cell is uncertain where the service counts it as such, until a person has chosen", () => {
  const moved = { kind: "pre_b", by: "Dr. Vogel", at: "x" };
  const cells = cellsOf(aField("U", [0.1, 0.11, 0.5, 0.89, 0.9].map((blast_probability) => ({ blast_probability }))));
  assert.deepEqual(cells.map(isUncertain), [false, true, true, true, false]);
  assert.ok(!isUncertain(cellsOf(aField("U", [{ blast_probability: 0.5, moved }]))[0]));
});

test("cells of a kind come by how sure the model is, in both orders, with every kind there", () => {
  const cells = cellsOf(aField("U", [{ blast_probability: 0.7 }, { blast_probability: 0.99 }, { kind: "benign", blast_probability: 0.4 }]));
  const unsure = groupByKind(cells, KINDS, "unsure");
  const sure = groupByKind(cells, KINDS, "sure");
  assert.deepEqual([...unsure.keys()], [...KINDS]);
  assert.deepEqual(unsure.get("pre_b").map((cell) => cell.index), [0, 1]);
  assert.deepEqual(sure.get("pre_b").map((cell) => cell.index), [1, 0]);
  assert.equal(sureness(cells[2]), 0.6);
});

test("a kind that the page does not know is shown after the others", () => {
  const groups = groupByKind(cellsOf(aField("U", [{ kind: "mast_cell" }])), KINDS, "sure");
  assert.equal([...groups.keys()].at(-1), "mast_cell");
});

test("a crop at the rim of a field stays inside it", () => {
  assert.deepEqual(cropAround([0, 0, 50, 50], 200, { width: 1000, height: 800 }), { left: 0, top: 0, side: 200 });
  assert.deepEqual(cropAround([960, 760, 40, 40], 200, { width: 1000, height: 800 }), { left: 800, top: 600, side: 200 });
  assert.equal(cropAround([0, 0, 50, 50], 200, { width: 120, height: 800 }).side, 120);
});

test("crops show as many micrometres in each field whose pixel size is known", () => {
  assert.equal(cropSide([], 0.1), 200);
  assert.equal(cropSide([], 0.05), 400);
  assert.ok(cropSide(cellsOf(aField("U", [{}])), null) > 90);
});
