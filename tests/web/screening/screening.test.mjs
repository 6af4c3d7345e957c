/** Tests of what the page says of fields and examinations, of the reading queue, and of the shutter without hands. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AutoShutter } from "../../../src/blastlens/web/screening/core/auto_shutter.js";
import { ReadingQueue } from "../../../src/blastlens/web/screening/core/reading_queue.js";
import { mergeLabels, screenExamination, screenField } from "../../../src/blastlens/web/screening/core/screening.js";

const CONSTANTS = {
  least_white_cells: 68, clip: 0.001, correlation: 0.4, set_threshold: 0.094, benign_blasts: 0.028, significance: 0.001, open_share: 0.5, floor: 0.15,
};

/** Return the verdict of a field that was read. */
function verdict(malignant, { cells = 10, set = null, blasts = malignant > 0.5 ? cells : 0 } = {}) {
  const labels = set ?? (malignant > 0.73 ? ["malignant"] : malignant < 0.27 ? ["benign"] : ["malignant", "benign"]);
  return {
    status: "CLASSIFIED", reason: null, probabilities: { benign: 1 - malignant, malignant }, prediction_set: labels,
    field: { white_cells: cells, blasts, cautions: [] }, examination: CONSTANTS,
  };
}
const REFUSED = { status: "REJECTED", reason: "blurred", probabilities: {}, prediction_set: [], field: null };
const UNREAD = { ...REFUSED, status: "UNREAD", reason: "format" };
const fields = (count, one) => Array.from({ length: count }, () => one);

test("a field is suspicious, open, without a finding, refused, unread or waiting", () => {
  assert.deepEqual([verdict(0.99), verdict(0.5), verdict(0.01), REFUSED, UNREAD, null].map(screenField), ["suspicious", "open", "nothing", "refused", "unread", "waiting"]);
  assert.equal(screenField({ ...verdict(0.01), prediction_set: [] }), "open");
  assert.equal(screenField({ ...verdict(0.01), prediction_set: ["pro_b"] }), "suspicious");
});

test("nothing suspicious is said only of enough cells, and not before every field is read", () => {
  assert.equal(screenExamination(fields(8, verdict(0.01))).outcome, "nothing");
  assert.equal(screenExamination([...fields(8, verdict(0.01)), null]).outcome, "waiting");
  const few = screenExamination(fields(4, verdict(0.01)));
  assert.deepEqual([few.outcome, few.missingCells, few.moreFields], ["few_cells", 28, 3]);
});

test("a suspicion is said at once, also of few cells and with fields that wait", () => {
  assert.equal(screenExamination([verdict(0.99), null]).outcome, "suspicious");
});

test("one field of leukemia among harmless ones is never averaged away", () => {
  const answer = screenExamination([...fields(20, verdict(0.01)), verdict(0.99)]);
  assert.equal(answer.outcome, "open");
  assert.equal(answer.contradicts, true);
});

test("fields of packages with different labels are answered together", () => {
  const fusion = { ...verdict(0.99), probabilities: { benign: 0.01, early_pre_b: 0.9, pre_b: 0.05, pro_b: 0.04 }, prediction_set: ["early_pre_b", "pre_b"] };
  assert.equal(screenExamination([...fields(8, verdict(0.99)), fusion]).outcome, "suspicious");
  const merged = mergeLabels(fusion.probabilities, fusion.prediction_set);
  assert.deepEqual(merged.prediction_set, ["malignant"]);
  assert.ok(Math.abs(merged.probabilities.malignant - 0.99) < 1e-12);
});

test("without a readable field the examination says why", () => {
  assert.equal(screenExamination([]).outcome, "empty");
  assert.equal(screenExamination([REFUSED, REFUSED]).outcome, "unreadable");
  assert.equal(screenExamination([REFUSED, UNREAD]).outcome, "unread");
  assert.equal(screenExamination([REFUSED, null]).outcome, "waiting");
});

test("harmless fields without constants of their package are left open", () => {
  assert.equal(screenExamination(fields(9, { ...verdict(0.01), examination: null })).outcome, "open");
});

/** A store of fields, and a reader that answers by a script: field -> list of verdicts or errors. */
function scene(script, { loads = [] } = {}) {
  const stored = new Map(Object.keys(script).map((id) => [id, null]));
  const read = [];
  const [gone, damage] = [new Error("gone"), new Error("damaged")];
  const store = {
    examinations: async () => [{ id: "one", fields: [...stored].map(([id, verdict]) => ({ id, verdict })) }],
    image: async (id) => {
      if (id === "damaged") throw damage;
      return new Blob([id]);
    },
    setVerdict: async (id, verdict) => {
      if (!stored.has(id)) throw gone;
      stored.set(id, verdict);
    },
    isGone: (error) => error === gone,
    isDamaged: (error) => error === damage,
  };
  const reader = {
    load: async () => {
      const next = loads.shift();
      if (next) throw next;
    },
    read: async (image) => {
      const id = await image.text();
      read.push(id);
      const next = script[id].shift();
      if (typeof next === "function") next(stored);
      if (next instanceof Error) throw next;
      return typeof next === "function" ? REFUSED : next;
    },
  };
  return { stored, read, queue: new ReadingQueue(store, reader, () => {}) };
}

test("every field is read once, and its verdict is stored", async () => {
  const { stored, read, queue } = scene({ a: [verdict(0.9)], b: [REFUSED] });
  await Promise.all([queue.pump(), queue.pump()]);
  assert.deepEqual(read, ["a", "b"]);
  assert.equal(stored.get("a").status, "CLASSIFIED");
  await queue.pump();
  assert.equal(read.length, 2);
});

test("a reading that fails is repeated once, and then the field is unread and the next one is read", async (context) => {
  context.mock.method(console, "error", () => {});
  const lost = new Error("the worker has ended");
  const { stored, queue } = scene({ a: [lost, verdict(0.9)], b: [lost, lost], c: [REFUSED] });
  await queue.pump();
  assert.equal(stored.get("a").status, "CLASSIFIED");
  assert.deepEqual([stored.get("b").status, stored.get("b").reason], ["UNREAD", "failed"]);
  assert.equal(stored.get("c").status, "REJECTED");
});

test("a file that only the service can read is unread here, not refused", async () => {
  const { stored, queue } = scene({ a: [{ ...REFUSED, reason: "unknown_format" }] });
  await queue.pump();
  assert.deepEqual([stored.get("a").status, stored.get("a").reason], ["UNREAD", "format"]);
});

test("a browser that falsifies pixels reads nothing, and says why", async () => {
  const { stored, read, queue } = scene({ a: [Object.assign(new Error("changed"), { name: "PixelsChanged" })] });
  await queue.pump();
  assert.deepEqual([stored.get("a").status, stored.get("a").reason, read.length], ["UNREAD", "pixels", 1]);
});

test("a photograph that cannot be opened any more is said to be damaged, and nobody waits for it", async () => {
  const { stored, queue } = scene({ damaged: [], b: [REFUSED] });
  await queue.pump();
  assert.deepEqual([stored.get("damaged").status, stored.get("damaged").reason], ["UNREAD", "damaged"]);
  assert.equal(screenExamination([...stored.values()]).outcome, "unreadable");
});

test("a field that was removed while it was read stops nothing", async () => {
  const { stored, queue } = scene({ a: [(all) => all.delete("a")], b: [REFUSED] });
  await queue.pump();
  assert.equal(stored.has("a"), false);
  assert.equal(stored.get("b").status, "REJECTED");
});

test("without a model the fields wait, and are read when there is one", async () => {
  const { stored, queue } = scene({ a: [REFUSED] }, { loads: [new Error("offline")] });
  await queue.pump();
  assert.equal(queue.state, "no model");
  assert.equal(stored.get("a"), null);
  await queue.pump();
  assert.equal(stored.get("a").status, "REJECTED");
});

test("a browser that never will have a model lets nobody wait", async () => {
  const { stored, read, queue } = scene({ a: [], b: [] }, { loads: [Object.assign(new Error("none"), { name: "NoWebAssembly" })] });
  await queue.pump();
  assert.deepEqual([...stored.values()].map(({ status, reason }) => [status, reason]), [["UNREAD", "cannot"], ["UNREAD", "cannot"]]);
  assert.equal(read.length, 0);
});

const ready = { advice: "ready", isStill: true };
const moving = { advice: "moving", isStill: false };
const add = (shutter, ...measured) => measured.map((one) => shutter.add(one)).includes(true);

test("the shutter without hands waits for a second of rest, and for another field after each photograph", () => {
  const shutter = new AutoShutter();
  assert.equal(add(shutter, ...fields(7, ready)), false);
  assert.equal(add(shutter, ready), true);
  shutter.taken();
  assert.equal(add(shutter, ...fields(50, ready)), false);
  assert.equal(add(shutter, moving, moving, ...fields(20, ready)), false);
  assert.equal(add(shutter, moving, moving, moving), false);
  assert.equal(add(shutter, ...fields(8, ready)), true);
});
