import assert from "node:assert/strict";
import test from "node:test";
import { nextPlace } from "../../../src/blastlens/web/clinic/examination/core/grid_keys.js";

test("arrows, Home and End stay inside the grid", () => {
  const go = (key, at) => nextPlace(key, at, 10, 4);
  assert.deepEqual([go("ArrowRight", 3), go("ArrowLeft", 0), go("ArrowDown", 3), go("ArrowDown", 8), go("ArrowUp", 2)], [4, 0, 7, 9, 0]);
  assert.deepEqual([go("Home", 5), go("End", 5)], [0, 9]);
});

test("other keys lead nowhere", () => {
  assert.equal(nextPlace("a", 3, 10, 4), null);
});
