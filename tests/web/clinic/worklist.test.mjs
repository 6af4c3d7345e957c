/** Tests of the worklist in memory: order, cursors, updates and neighbours. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FILTERS, Worklist, areSame } from "../../../src/blastlens/web/clinic/worklist/store.js";
import { readFilters, worklistAddress } from "../../../src/blastlens/web/clinic/worklist/filters.js";
import { MOST_ROWS, visibleRows } from "../../../src/blastlens/web/clinic/worklist/visible_rows.js";
import { examinationView } from "./examination_views.mjs";

const ALL = { first: 0, end: 1000 };

/** A worklist of a service whose list is `ids`, in pages of two. */
function makeList(ids, { views = {} } = {}) {
  const service = { ids, views, asked: [], error: null, wait: null };
  const list = new Worklist(async (filters, cursor, signal) => {
    service.asked.push({ filters, cursor });
    await service.wait;
    if (signal.aborted) throw signal.reason;
    if (service.error) throw service.error;
    const start = cursor === null ? 0 : Number(cursor);
    const examinations = service.ids.slice(start, start + 2).map((id) => examinationView({ examination_id: id, ...service.views[id] }));
    return { examinations, next: start + 2 < service.ids.length ? String(start + 2) : null, as_of: "2026-11-30T00:00:00Z" };
  });
  return { list, service, shown: () => list.rows.map((row) => row.examination) };
}

test("rows come page by page, in the service's order, until there are no more", async () => {
  const { list, shown } = makeList(["a", "b", "c"]);
  await list.open(NO_FILTERS);
  assert.deepEqual(shown(), ["a", "b"]);
  assert.equal(list.isComplete, false);
  await list.more();
  await list.more();
  assert.deepEqual(shown(), ["a", "b", "c"]);
  assert.equal(list.isComplete, true);
});

test("a row that moved to a later page while the list was read stands once", async () => {
  const { list, service, shown } = makeList(["a", "b", "c", "d"]);
  await list.open(NO_FILTERS);
  service.ids = ["new", "a", "b", "c"];
  await list.more();
  assert.deepEqual(shown(), ["a", "b", "c"]);
});

test("rows that are shown change in place, and new ones wait until a person asks", async () => {
  const { list, service, shown } = makeList(["a", "b"]);
  await list.open(NO_FILTERS);
  service.ids = ["urgent", "a", "b"];
  service.views.a = { status: "SIGNED" };
  await list.refresh(ALL);
  assert.deepEqual(shown(), ["a", "b"]);
  assert.equal(list.rows[0].status, "SIGNED");
  assert.ok(list.waiting > 0);
  await list.open(list.filters);
  assert.deepEqual(shown(), ["urgent", "a"]);
  assert.equal(list.waiting, 0);
});

test("a row that left the list is marked instead of removed", async () => {
  const { list, service, shown } = makeList(["a", "b"]);
  await list.open({ ...NO_FILTERS, show: "unsigned" });
  service.ids = ["b"];
  await list.refresh(ALL);
  assert.deepEqual(shown(), ["a", "b"]);
  assert.deepEqual(list.rows.map((row) => row.isGone === true), [true, false]);
});

test("a new order of the same rows waits too", async () => {
  const { list, service } = makeList(["a", "b"]);
  await list.open(NO_FILTERS);
  service.ids = ["b", "a"];
  await list.refresh(ALL);
  assert.equal(list.waiting, 1);
});

test("an update asks for the first rows and those in sight alone", async () => {
  const { list, service } = makeList(["a", "b", "c", "d", "e", "f", "g"]);
  await list.open(NO_FILTERS);
  while (!list.isComplete) await list.more();
  service.asked.length = 0;
  await list.refresh({ first: 4, end: 5 });
  assert.deepEqual(service.asked.map((one) => one.cursor), [null, "4"]);
});

test("an answer to old filters is dropped", async () => {
  const { list, service, shown } = makeList(["a", "b"]);
  let go = () => {};
  service.wait = new Promise((resolve) => (go = resolve));
  const first = list.open(NO_FILTERS);
  service.wait = null;
  service.ids = ["c"];
  await list.open({ ...NO_FILTERS, patient: "p" });
  go();
  await first;
  assert.deepEqual(shown(), ["c"]);
});

test("a failed page keeps what is here and can be asked for again", async () => {
  const { list, service, shown } = makeList(["a", "b", "c"]);
  await list.open(NO_FILTERS);
  service.error = new Error("dropped");
  await list.more();
  assert.equal(list.error, service.error);
  assert.deepEqual(shown(), ["a", "b"]);
  service.error = null;
  await list.retry();
  assert.equal(list.error, null);
  assert.deepEqual(shown(), ["a", "b", "c"]);
});

test("a list that cannot be loaded again keeps its rows", async () => {
  const { list, service, shown } = makeList(["a", "b"]);
  await list.open(NO_FILTERS);
  service.error = new Error("dropped");
  await list.open(NO_FILTERS);
  assert.deepEqual(shown(), ["a", "b"]);
  assert.equal(list.error, service.error);
  service.error = null;
  service.ids = ["c"];
  await list.retry();
  assert.deepEqual(shown(), ["c"]);
  service.error = new Error("dropped again");
  await list.open({ ...NO_FILTERS, patient: "another" });
  assert.deepEqual(shown(), []);
});

test("an examination knows its neighbours", async () => {
  const { list } = makeList(["a", "b"]);
  await list.open(NO_FILTERS);
  const around = list.around("patient-41/b");
  assert.equal(around?.place, 2);
  assert.equal(around?.previous?.examination, "a");
  assert.equal(around?.next, null);
  assert.equal(list.around("patient-41/zz"), null);
});

test("of a hundred thousand rows at most a hundred stand in the document", () => {
  for (const height of [700, 2160, 9000]) {
    for (const top of [-200, 0, 1_000_000, 5_599_000, 9_999_999]) {
      const { first, end } = visibleRows({ top, height, rowHeight: 56, count: 100_000 });
      // One more is the row with the focus.
      assert.ok(end - first < MOST_ROWS && end >= first, `${height} ${top}`);
    }
  }
});

test("every row in sight stands in the document", () => {
  const { first, end } = visibleRows({ top: 560, height: 900, rowHeight: 56, count: 1000 });
  assert.ok(first <= 10 && end >= 27);
  assert.deepEqual(visibleRows({ top: 0, height: 900, rowHeight: 56, count: 3 }), { first: 0, end: 3 });
});

test("filters survive the way through the address, and wrong ones count as not given", () => {
  const filters = { show: "uncertain", patient: "p-1", from: "2026-11-01", to: "" };
  const query = (address) => new URLSearchParams(address.split("?")[1] ?? "");
  assert.deepEqual(readFilters(query(worklistAddress(filters))), filters);
  assert.equal(worklistAddress(NO_FILTERS), "#/worklist");
  assert.ok(areSame(readFilters(new URLSearchParams("show=script&from=yesterday")), NO_FILTERS));
});
