/** The comparison with the golden corpus sees what differs, and nothing else. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { compareDecoded, compareReading, makeTable } from "../../golden/comparison.mjs";

const bounds = JSON.parse(await readFile(new URL("../../golden/bounds.json", import.meta.url), "utf8"));

const QUALITY = { focus: 20, brightness: 0.8 };
const FIELD = { windows: 1, white_cells: 2, unnamed_cells: 0, blasts: 1, uncertain_cells: 1, kinds: { pre_b: 2 }, cautions: [] };
const BOXES = [[10, 10, 8, 8], [40, 40, 8, 8]];
const ANSWER = {
  status: "CLASSIFIED", reason: null, label: "benign", prediction_set: ["benign"], quality: QUALITY, field: FIELD,
  probabilities: { benign: 0.9, malignant: 0.1 }, windows: [[0, 0, 60, 60]], cells: BOXES.map((box) => ({ box })),
};
const stored = (file, channels = 1) => ({ file, width: 2, height: 2, channels });
const GOLDEN = {
  steps: { thumbnail: stored("thumbnail"), mask: [stored("mask")], white_cells: BOXES, cell_probabilities: [[0.9, 0.1], [0.2, 0.8]], distance: [0.5] },
  answer: ANSWER,
};
const ARRAYS = { thumbnail: Uint8Array.of(1, 2, 3, 4), mask: Uint8Array.of(0, 1, 1, 0) };
const load = async ({ file }) => ARRAYS[file];
const raster = (...data) => ({ width: 2, height: 2, channels: 1, data: Uint8Array.from(data) });

function found(changes = {}, answer = {}) {
  const steps = {
    thumbnail: raster(1, 2, 3, 4), mask: [raster(0, 255, 255, 0)], white_cells: BOXES,
    cell_probabilities: [[0.9, 0.1], [0.2, 0.8]], distance: Float64Array.of(0.5), ...changes,
  };
  return { steps: new Map(Object.entries(steps).filter(([, value]) => value !== null)), answer: { ...ANSWER, ...answer } };
}

/** Return the steps beyond their bounds. */
async function beyond(...changes) {
  const compared = await compareReading(GOLDEN, found(...changes), bounds, load);
  return compared.filter(({ difference, bound }) => !(difference <= bound)).map(({ step }) => step);
}

test("the same values are within their bounds, whatever the masks have for true", async () => {
  assert.deepEqual(await beyond(), []);
});

test("cells in another order are the same cells", async () => {
  assert.deepEqual(await beyond({ white_cells: [...BOXES].reverse(), cell_probabilities: [[0.2, 0.8], [0.9, 0.1]] }), []);
});

test("each change beyond a bound is seen at its step", async () => {
  assert.deepEqual(await beyond({ thumbnail: raster(1, 2, 3, 6) }), ["thumbnail"]);
  assert.deepEqual(await beyond({ mask: [raster(0, 1, 1, 1)] }), ["mask"]);
  assert.deepEqual(await beyond({ white_cells: [[10, 10, 8, 8], [40, 40, 6, 8]] }), ["white_cells"]);
  assert.deepEqual(await beyond({ cell_probabilities: [[0.9, 0.1], [0.21, 0.79]] }), ["cell_probabilities"]);
  assert.deepEqual(await beyond({ distance: [0.51] }), ["distance"]);
  assert.deepEqual(await beyond({ distance: [NaN] }), ["distance"]);
  assert.deepEqual(await beyond({}, { quality: { ...QUALITY, focus: 21 } }), ["quality"]);
  assert.deepEqual(await beyond({}, { field: { ...FIELD, blasts: 2 } }), ["field"]);
  assert.deepEqual(await beyond({}, { probabilities: { benign: 0.902, malignant: 0.098 } }), ["probabilities"]);
  assert.deepEqual(await beyond({}, { prediction_set: ["benign", "malignant"] }), ["answer"]);
});

test("a step that is missing, or that Python does not reach, is a difference", async () => {
  assert.deepEqual(await beyond({ distance: null }), ["distance"]);
  assert.deepEqual(await beyond({ working: raster(1, 1, 1, 1) }), ["working"]);
  assert.deepEqual(await beyond({ guess: 1 }), ["guess"]);
});

test("decoded pixels of another size or value are seen, and the table names the worst field", async () => {
  assert.equal((await compareDecoded(stored("thumbnail"), raster(1, 2, 3, 9), 1, load)).difference, 5);
  const worst = await compareDecoded(stored("thumbnail"), { width: 4, height: 1, channels: 1, data: [1, 2, 3, 4] }, 1, load);
  assert.equal(worst.difference, Infinity);
  assert.match(makeTable([{ field: "one", differences: [worst] }], bounds), /\| decode \| 1 \| Infinity \| 1 \|.*\| one \|/);
});
