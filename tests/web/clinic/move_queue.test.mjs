import assert from "node:assert/strict";
import test from "node:test";
import { cellsOf } from "../../../src/blastlens/web/clinic/examination/core/cells.js";
import { MoveQueue } from "../../../src/blastlens/web/clinic/examination/core/move_queue.js";
import { aDifferential, aField, ProblemResponse } from "./builders.mjs";

/** A service that stores steps by id, and fails as told. */
function aQueue(failures = []) {
  const sent = [];
  const stored = new Map();
  let number = 0;
  const queue = new MoveQueue({
    send: async (id, moves) => {
      sent.push({ id, moves });
      const failure = failures.shift();
      if (failure?.before) throw failure.before;
      stored.set(id, moves);
      if (failure?.after) throw failure.after;
      return { differential: aDifferential({ moved: stored.size }) };
    },
    makeId: () => `step-${(number += 1)}`,
    changed: () => {},
    me: () => "Dr. Vogel",
    now: () => "2026-11-30T00:00:00Z",
  });
  queue.add(cellsOf(aField("U", [{}, { kind: "benign", blast_probability: 0.1 }])));
  queue.count(aDifferential());
  return { queue, sent, stored, ids: [...queue.cells.keys()] };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a moved cell and the differential change before the service answers", async () => {
  const { queue, ids, sent } = aQueue();
  assert.equal(queue.move([ids[1]], "pro_b"), 1);
  assert.equal(queue.cells.get(ids[1]).kind, "pro_b");
  assert.equal(queue.differential.by_kind.pro_b, 1);
  await settle();
  assert.deepEqual(sent[0].moves, [{ upload_id: "U", reading: "U#v1#digest", cell: 1, kind: "pro_b" }]);
  assert.equal(queue.waiting.length, 0);
});

test("a cell that is of the kind already is not sent", async () => {
  const { queue, ids, sent } = aQueue();
  assert.equal(queue.move([ids[0]], "pre_b"), 0);
  await settle();
  assert.equal(sent.length, 0);
});

test("undo sends the opposite under an id of its own", async () => {
  const { queue, ids, sent } = aQueue();
  queue.move(ids, "other_white");
  await settle();
  queue.undo();
  await settle();
  assert.deepEqual(sent[1].moves.map((one) => one.kind), ["pre_b", "benign"]);
  assert.notEqual(sent[0].id, sent[1].id);
  assert.equal(queue.undo(), null);
});

test("a step whose response was lost is sent again under the same id, so it is stored once", async () => {
  const { queue, ids, sent, stored } = aQueue([{ after: new TypeError("network") }]);
  queue.move([ids[0]], "benign");
  await settle();
  assert.ok(queue.fault);
  assert.equal(queue.cells.get(ids[0]).kind, "benign");
  await queue.flush();
  assert.equal(sent[0].id, sent[1].id);
  assert.equal(stored.size, 1);
  assert.equal(queue.fault, null);
});

test("a step that is refused is taken back, and so are those after it", async () => {
  const { queue, ids } = aQueue([{ before: new ProblemResponse(403) }]);
  queue.move([ids[0]], "benign");
  queue.move([ids[0]], "pro_b");
  await settle();
  assert.equal(queue.cells.get(ids[0]).kind, "pre_b");
  assert.deepEqual(queue.differential.by_kind, aDifferential().by_kind);
  assert.equal(queue.waiting.length, 0);
  assert.equal(queue.undo(), null);
});

test("cells that are read anew keep what waits to be sent", async () => {
  const { queue, ids } = aQueue([{ before: new TypeError("network") }]);
  queue.move([ids[0]], "benign");
  await settle();
  queue.add(cellsOf(aField("U", [{}])));
  queue.count(aDifferential({ cells: 99 }));
  assert.equal(queue.cells.get(ids[0]).kind, "benign");
  assert.equal(queue.differential.cells, 10);
});
