/** Tests of sending: each image arrives once whatever dies, and nothing is erased that the service has not confirmed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import de from "../../../src/blastlens/web/screening/texts/de.js";
import en from "../../../src/blastlens/web/screening/texts/en.js";
import { Problem } from "../../../src/blastlens/web/shared/problem.js";
import { Life, makeDisk } from "./memory_database.mjs";
import { Locks, OFFLINE, Service } from "./service.mjs";
import { openTab, openUnlocked, photograph, queueOf, takeExamination } from "./tabs.mjs";

const DIGEST = "ab".repeat(32);
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** Open a tab with a finished examination. */
async function start(values) {
  const disk = makeDisk();
  const tab = await openUnlocked(disk);
  const examination = await takeExamination(tab.store, values);
  return { disk, tab, examination, service: new Service() };
}

const states = async (store) => (await store.examinations()).flatMap(({ fields }) => fields.map(({ state }) => state));

/** Check that each of the photographs 1 to `count` is at the service once, and nothing is left here. */
async function assertAllArrived(service, disk, count) {
  assert.equal(service.puts, count);
  const first = [...service.objects.values()].map(({ bytes }) => bytes[25]).sort();
  assert.deepEqual(first, Array.from({ length: count }, (_, number) => number + 1));
  const { store } = await openUnlocked(disk);
  assert.deepEqual(new Set(await states(store)), new Set(["sent"]));
  assert.equal(await store.unsent(), 0);
  assert.equal(disk.stores.images.size, 0);
}

/** Return which numbers of fields the objects say. */
const numbers = (service) => [...service.objects.values()].map(({ body }) => body.examination_fields ?? null);

test("an examination is sent, the last image says how many there are, and the images are erased", async () => {
  const { disk, tab, service } = await start();
  assert.equal(await queueOf(tab, service).pump(), "sent");
  await assertAllArrived(service, disk, 3);
  assert.deepEqual(numbers(service), [null, null, 3]);
  const [examination] = await tab.store.examinations();
  assert.equal(examination.state, "sent");
  assert.equal(examination.patient, "patient-41");
});

test("an examination that is not finished is not sent", async () => {
  const { store, ...tab } = await openUnlocked(makeDisk());
  const service = new Service();
  const examination = await store.startExamination({ patient: "p-1" });
  await store.addField(examination, { blob: photograph(1), takenAt: "2026-11-30T09:00:00Z" });
  assert.equal(await queueOf({ store, ...tab }, service).pump(), "sent");
  assert.equal(service.objects.size, 0);
});

test("a tab that is killed at any step of sending leaves nothing lost and nothing sent twice", async () => {
  let steps = 0;
  for (let isOver = false; !isOver; steps += 1) {
    const { disk, service } = await start({ fields: 2 });
    const life = new Life();
    const tab = await openUnlocked(disk, { life });
    life.left = steps;
    isOver = (await queueOf(tab, service).pump().catch(() => null)) === "sent";
    const before = await openUnlocked(disk);
    assert.equal((await before.store.unsent()) + service.objects.size >= 2, true);
    assert.equal(await queueOf(before, service).pump(), "sent");
    await assertAllArrived(service, disk, 2);
    assert.equal(Math.max(...numbers(service)), 2);
  }
  assert.ok(steps > 40);
});

test("a tab that is killed again and again, with requests that fail, comes to an end with each image once", async () => {
  let seed = 11;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  for (let run = 0; run < 20; run += 1) {
    const { disk, service } = await start({ fields: 4 });
    const mishap = (call) => (random() < 0.15 ? (call === "put" ? [0, 503, 403][Math.floor(random() * 3)] : OFFLINE()) : undefined);
    for (let lives = 0; service.puts < 4 || lives < 3; lives += 1) {
      assert.ok(lives < 200);
      const tab = await openUnlocked(disk);
      const life = new Life(Math.floor(random() * 60));
      tab.store._database.life = life;
      await queueOf({ ...tab, life }, service, mishap).pump().catch(() => null);
    }
    assert.equal(await queueOf(await openUnlocked(disk), service).pump(), "sent");
    await assertAllArrived(service, disk, 4);
  }
});

test("an image whose answer was lost is asked for, and not sent again", async () => {
  const { disk, service, examination } = await start({ fields: 1 });
  const { store, ...tab } = await openUnlocked(disk);
  const job = await store.outbox.next();
  await store.outbox.markSending(job.upload);
  const body = { patient_id: "patient-41", examination_id: examination, upload_id: job.upload, content_length: job.facts.size };
  await service.put({ body }, await store.image(job.upload));
  let puts = 0;
  assert.equal(await queueOf({ store, ...tab }, service, (call) => void (puts += call === "put")).pump(), "sent");
  assert.equal(puts, 0);
  await assertAllArrived(service, disk, 1);
});

test("a connection that breaks after the last byte sends nothing again", async () => {
  const { disk, tab, service } = await start({ fields: 1 });
  const put = Service.prototype.put.bind(service);
  let puts = 0;
  service.put = async (slot, image) => ((puts += 1), await put(slot, image), 0);
  assert.equal(await queueOf(tab, service).pump(), "sent");
  assert.equal(puts, 1);
  await assertAllArrived(service, disk, 1);
});

test("412, 403 and 400 are believed only where the service has the image", async () => {
  for (const status of [412, 403, 400, 200]) {
    const { tab, service } = await start({ fields: 1 });
    assert.equal(await queueOf(tab, service, (call) => (call === "put" ? status : undefined)).pump(), "later");
    assert.equal(await tab.store.unsent(), 1);
    assert.equal(await queueOf(tab, service).pump(), "sent");
    assert.equal(service.puts, 1);
  }
});

test("an image that the service does not find after it was sent holds up no other", async () => {
  const { tab, service } = await start();
  const [{ fields }] = await tab.store.examinations();
  const put = Service.prototype.put.bind(service);
  service.put = async (slot, image) => (slot.upload_id === fields[0].id ? 200 : put(slot, image));
  assert.equal(await queueOf(tab, service).pump(), "later");
  assert.deepEqual(await states(tab.store), ["sending", "sent", "sent"]);
  assert.ok((await tab.store.image(fields[0].id)).size > 400);
});

test("an expired place is asked for again under the same id, at the service's time", async () => {
  const { tab, service } = await start({ fields: 1 });
  let puts = 0;
  assert.equal(await queueOf(tab, service, (call) => (call === "put" && (puts += 1) === 1 ? 403 : undefined)).pump(), "sent");
  assert.equal(service.bodies.length, 2);
  assert.equal(new Set(service.bodies.map((body) => body.upload_id)).size, 1);
});

test("a refused image fails alone and stays; the others are sent, and a person can try again", async () => {
  const { disk, tab, service } = await start();
  const [{ id, fields }] = await tab.store.examinations();
  const refused = (call) => (call === "start" && service.bodies.length === 0 ? (service.bodies.push("refused"), new Problem(422, { type: "urn:blastlens:problem:invalid-request" })) : undefined);
  assert.equal(await queueOf(tab, service, refused).pump(), "failed");
  assert.deepEqual(await states(tab.store), ["failed", "sent", "sent"]);
  const [after] = await tab.store.examinations();
  assert.equal(after.fields[0].problem, "invalid-request");
  assert.ok((await tab.store.image(fields[0].id)).size > 400);
  assert.equal(await queueOf(tab, service).pump(), "sent");
  assert.equal(service.puts, 2);
  await tab.store.retry(id);
  assert.equal(await queueOf(tab, service).pump(), "sent");
  await assertAllArrived(service, disk, 3);
  assert.deepEqual(numbers(service), [null, 3, 3]);
});

test("images of a patient whose data was erased fail with that reason", async () => {
  const { tab, service } = await start({ fields: 1 });
  const erased = (call) => (call === "start" ? new Problem(410, { type: "urn:blastlens:problem:patient_erased" }) : undefined);
  assert.equal(await queueOf(tab, service, erased).pump(), "failed");
  const [{ fields }] = await tab.store.examinations();
  for (const texts of [en, de]) assert.ok(`screening.problem.${fields[0].problem}` in texts);
});

test("without the PIN, a sign-in, a right or a network nothing is sent and nothing is lost", async () => {
  const { disk, tab, service } = await start();
  const always = (problem) => (call) => (call === "account" ? problem : undefined);
  assert.equal(await queueOf(await openTab(disk), service).pump(), "locked");
  assert.equal(await queueOf(tab, service, always(new Problem(401, {}))).pump(), "signed out");
  assert.equal(await queueOf(tab, service, always(new Problem(403, {}))).pump(), "forbidden");
  assert.equal(await queueOf(tab, service, always(OFFLINE())).pump(), "offline");
  assert.equal(await queueOf(tab, service, always(new Problem(500, {}))).pump(), "later");
  assert.equal(await tab.store.unsent(), 3);
  assert.equal(service.puts, 0);
});

test("images are not sent to another clinic than the one they were taken for", async () => {
  const { tab, service } = await start();
  await queueOf(tab, service).pump();
  await takeExamination(tab.store);
  service.clinic = "clinic-8";
  assert.equal(await queueOf(tab, service).pump(), "another clinic");
  assert.equal(await tab.store.unsent(), 3);
  service.clinic = "clinic-7";
  assert.equal(await queueOf(tab, service).pump(), "sent");
  service.clinic = "clinic-8";
  assert.equal(await queueOf(tab, service).pump(), "sent");
});

test("two tabs do not send at once", async () => {
  const { disk, service } = await start();
  const locks = new Locks();
  const tabs = await Promise.all([openUnlocked(disk, { locks }), openUnlocked(disk, { locks })]);
  const outcomes = await Promise.all(tabs.map((tab) => queueOf(tab, service).pump()));
  assert.deepEqual(outcomes.sort(), ["elsewhere", "sent"]);
  await assertAllArrived(service, disk, 3);
});

test("a field that is removed before its turn is not sent, and the number of fields is right", async () => {
  const { tab, service } = await start();
  const [{ fields }] = await tab.store.examinations();
  await tab.store.removeField(fields[2].id);
  assert.equal(await queueOf(tab, service).pump(), "sent");
  assert.deepEqual(numbers(service), [null, 2]);
  await assert.rejects(tab.store.removeField(fields[0].id), { name: "NotPossible", reason: "sent" });
});

test("a service that makes its own ids gets nothing, because a repetition would arrive twice", async () => {
  const { tab, service } = await start();
  service.start = () => ({ upload_id: "another", examination_id: "another" });
  assert.equal(await queueOf(tab, service).pump(), "old service");
  assert.equal(service.puts, 0);
});

test("a damaged image fails and does not hold up the others", async () => {
  const { disk, tab, service } = await start();
  const [{ fields }] = await tab.store.examinations();
  new Uint8Array(disk.stores.images.get(fields[0].id).sealed.data)[5] ^= 1;
  disk.stores.records.get(fields[1].id).facts.iv[0] ^= 1;
  assert.equal(await queueOf(tab, service).pump(), "failed");
  assert.deepEqual((await tab.store.examinations())[0].fields.map(({ state, problem }) => [state, problem]), [["failed", "damaged"], ["failed", "damaged"], ["sent", null]]);
});

test("sending that is stopped leaves the rest in the queue", async () => {
  const { disk, tab, service } = await start();
  const queue = queueOf(tab, service);
  service.start = (body) => (queue.stop(), Service.prototype.start.call(service, body));
  assert.equal(await queue.pump(), "stopped");
  delete service.start;
  assert.equal(await queue.pump(), "sent");
  await assertAllArrived(service, disk, 3);
});

test("a time by a clock that is off by a year is not told, and images are sent all the same", async () => {
  for (const off of [YEAR_MS, -YEAR_MS]) {
    const { disk, tab, service } = await start({ fields: 1 });
    service.time = Date.now() + off;
    const queue = queueOf(tab, service);
    assert.equal(queue.isClockWrong, false);
    assert.equal(await queue.pump(), "sent");
    assert.equal(queue.isClockWrong, true);
    assert.equal(service.bodies[0].taken_at, undefined);
    await assertAllArrived(service, disk, 1);
  }
});

test("a time by a clock that was behind when the image was taken is not told after the clock was set right", async () => {
  const { tab, service } = await start({ fields: 1 });
  await queueOf(tab, service).pump();
  const right = new Date(service.time - 1000).toISOString();
  await takeExamination(tab.store, { fields: 1, takenAt: new Date(service.time - YEAR_MS).toISOString() });
  await takeExamination(tab.store, { fields: 1, takenAt: right });
  await queueOf(tab, service).pump();
  assert.deepEqual(service.bodies.slice(1).map((body) => body.taken_at), [undefined, right]);
});

test("a time before the year 2000, as of a file without a date, is not told: the service would refuse the image for it", async () => {
  const { tab, service } = await start({ fields: 1, takenAt: "1980-01-01T00:00:00.000Z" });
  assert.equal(await queueOf(tab, service).pump(), "sent");
  assert.equal(service.bodies[0].taken_at, undefined);
});

test("the verdict travels with the image, and one without an answer does not", async () => {
  const verdict = { status: "CLASSIFIED", label: "malignant", probabilities: { benign: 0.12341, malignant: 0.87659 }, prediction_set: ["malignant"], model: { digest: DIGEST } };
  const { tab, service } = await start({ fields: 1, verdict });
  await takeExamination(tab.store, { fields: 1, verdict: { ...verdict, status: "REJECTED", probabilities: {} } });
  await queueOf(tab, service).pump();
  assert.deepEqual(service.bodies.map((body) => body.edge), [{ digest: DIGEST, probabilities: { benign: 0.1234, malignant: 0.8766 }, set: ["malignant"] }, undefined]);
});

test("examinations that were sent are forgotten when twenty newer ones were", async () => {
  const { store, ...tab } = await openUnlocked(makeDisk());
  for (let number = 0; number < 22; number += 1) await takeExamination(store, { fields: 1, patient: `p-${number}` });
  assert.equal(await queueOf({ store, ...tab }, new Service()).pump(), "sent");
  const left = await store.examinations();
  assert.deepEqual([left.length, left[0].patient], [20, "p-2"]);
});
