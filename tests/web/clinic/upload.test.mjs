/** Tests of uploads: what is refused unread, what is sent, and what happens when the connection drops. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFile, MOST_BYTES } from "../../../src/blastlens/web/clinic/upload/file_check.js";
import { entriesOfInput, groupByFolder } from "../../../src/blastlens/web/clinic/upload/dropped_files.js";
import { UploadQueue } from "../../../src/blastlens/web/clinic/upload/queue.js";
import { Problem } from "../../../src/blastlens/web/shared/problem.js";
import { addTexts } from "../../../src/blastlens/web/shared/texts.js";
import de from "../../../src/blastlens/web/shared/texts/de.js";
import en from "../../../src/blastlens/web/shared/texts/en.js";

addTexts({ en, de });

/** Return the beginning of a JPEG of a size, with a long comment before it. */
function jpeg(width, height, comment = 3000) {
  const frame = [0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
  return new Uint8Array([0xff, 0xd8, 0xff, 0xfe, (comment + 2) >> 8, (comment + 2) & 255, ...new Array(comment).fill(65), ...frame]);
}

const image = (name = "field.jpg") => new File([jpeg(640, 480)], name);

/** A service and storage in memory; `storage` answers each transfer with a status. */
function makeQueue({ storage = () => 200, state = null, start = null } = {}) {
  const service = { slots: [], puts: [], waits: [], atOnce: 0, most: 0 };
  const transport = {
    start: async (body) => {
      await start?.(service.slots.length);
      service.slots.push(body);
      return { upload_id: `u${service.slots.length}`, body };
    },
    put: async (slot, file, onProgress) => {
      service.atOnce += 1;
      service.most = Math.max(service.most, service.atOnce);
      onProgress(0.5);
      await new Promise((resolve) => setImmediate(resolve));
      service.atOnce -= 1;
      service.puts.push({ upload: slot.upload_id, name: file.name });
      return storage(service.puts.length, slot, file);
    },
    state: async (_patient, _examination, upload) => (state ? state(upload) : { state: "answered", status: "CLASSIFIED", reason: null }),
    wait: async (ms) => {
      service.waits.push(ms);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  return { queue: new UploadQueue(transport), service };
}

/** Wait until something holds, at most two seconds. */
async function until(holds) {
  for (const end = Date.now() + 2000; !holds(); ) {
    if (Date.now() > end) assert.fail("not in two seconds");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const isDone = (examination) => () => examination.items.every(({ state }) => ["answered", "failed", "refused"].includes(state));

async function send(queue, files) {
  const examination = await queue.add({ folder: "smear", patient: "p-1", files });
  queue.start(examination);
  return examination;
}

test("a file is known by its content, not by its name", async () => {
  assert.deepEqual(await checkFile(image("field.png")), { extension: "jpg" });
  assert.deepEqual(await checkFile(new File(["not an image"], "field.jpg")), { reason: "unknown_format" });
});

test("files that the service would refuse unread are refused here", async () => {
  assert.deepEqual(await checkFile(new File([], "a.jpg")), { reason: "empty" });
  assert.deepEqual(await checkFile(new File([jpeg(40, 480)], "a.jpg")), { reason: "too_small" });
  assert.deepEqual(await checkFile(new File([jpeg(20_000, 20_000)], "a.jpg")), { reason: "too_many_pixels" });
  assert.deepEqual(await checkFile(new File([new Uint8Array(MOST_BYTES + 1)], "a.jpg")), { reason: "too_many_bytes" });
});

test("whatever bytes a file has, the check ends with a verdict", async () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
  const heads = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10], [0x42, 0x4d], [0x49, 0x49, 0x2a, 0]];
  for (let round = 0; round < 400; round += 1) {
    const bytes = [...heads[round % 4], ...Array.from({ length: Math.floor(random() * 60) }, () => (random() < 0.4 ? 0xff : Math.floor(random() * 256)))];
    const verdict = await checkFile(new Blob([new Uint8Array(bytes)]));
    assert.ok("extension" in verdict || "reason" in verdict);
  }
});

test("each folder is an examination, and PATIENT/EXAMINATION suggests the patient", () => {
  const file = (path) => ({ path, file: new File(["x"], path.split("/").at(-1)) });
  const groups = groupByFolder([file("p-1/smear/10.jpg"), file("p-1/smear/9.jpg"), file("Anna Müller/a/1.jpg"), file("1.jpg"), file("p-1/smear/.DS_Store")]);
  assert.deepEqual(groups.map(({ folder, patient, files }) => [folder, patient, files.map((one) => one.name)]), [
    ["p-1/smear", "p-1", ["9.jpg", "10.jpg"]],
    ["Anna Müller/a", "", ["1.jpg"]],
    ["", "", ["1.jpg"]],
  ]);
  assert.deepEqual(entriesOfInput([new File(["x"], "a.jpg")]).map((one) => one.path), ["a.jpg"]);
});

test("the last file says how many fields there are, and only it", async () => {
  const { queue, service } = makeQueue();
  const examination = await send(queue, [image("1"), image("2"), new File(["no"], "3"), image("4"), image("5"), image("6")]);
  await until(isDone(examination));
  assert.deepEqual(service.slots.map((one) => one.examination_fields), [undefined, undefined, undefined, undefined, 5]);
  assert.equal(new Set(service.slots.map((one) => one.examination_id)).size, 1);
  assert.equal(service.most, 3);
  assert.equal(examination.items[2].reason, "unknown_format");
});

test("nothing is sent before it is started", async () => {
  const { queue, service } = makeQueue();
  await queue.add({ folder: "", patient: "p-1", files: [image()] });
  assert.deepEqual(service.slots, []);
  assert.equal(queue.isBusy, true);
});

test("a dropped connection is waited for, and the file keeps its place", async () => {
  const { queue, service } = makeQueue({ storage: (count) => (count < 4 ? 0 : 200) });
  const examination = await send(queue, [image()]);
  await until(isDone(examination));
  assert.equal(examination.items[0].state, "answered");
  assert.equal(service.slots.length, 1);
  assert.deepEqual(service.waits.slice(0, 3), [1000, 2000, 4000]);
  assert.deepEqual(new Set(service.puts.map((one) => one.upload)), new Set(["u1"]));
});

test("a file whose answer was lost is not stored twice", async () => {
  const { queue, service } = makeQueue({ storage: (count) => (count === 1 ? 0 : 412) });
  const examination = await send(queue, [image()]);
  await until(isDone(examination));
  assert.equal(examination.items[0].state, "answered");
  assert.equal(service.slots.length, 1);
});

test("an expired place is replaced, unless the file has arrived", async () => {
  for (const [arrived, slots] of [[{ state: "stored" }, 1], [null, 2]]) {
    let isFirst = true;
    const state = () => {
      if (!isFirst) return { state: "answered", status: "CLASSIFIED", reason: null };
      isFirst = false;
      return arrived;
    };
    const { queue, service } = makeQueue({ storage: (count) => (count === 1 ? 403 : 200), state });
    const examination = await send(queue, [image()]);
    await until(isDone(examination));
    assert.equal(examination.items[0].state, "answered");
    assert.equal(service.slots.length, slots);
  }
});

test("a file that does not arrive is named, and goes when it is tried again", async () => {
  let isDown = true;
  const { queue, service } = makeQueue({ storage: (_count, _slot, file) => (isDown && file.name === "2" ? 0 : 200) });
  const examination = await send(queue, [image("1"), image("2"), image("3")]);
  await until(isDone(examination));
  const [failed] = examination.items.filter(({ state }) => state === "failed");
  assert.equal(failed.file.name, "2");
  assert.ok(service.slots.every((one) => one.examination_fields === undefined || one.examination_fields === 3));
  isDown = false;
  queue.retry(failed);
  await until(isDone(examination));
  assert.ok(examination.items.every(({ state }) => state === "answered"));
});

test("a refusal by the service is not tried again, and its sentence is kept", async () => {
  const refused = new Problem(400, { detail: "The pixel size has to be from 0.01 to 10." });
  const { queue, service } = makeQueue({ start: async () => Promise.reject(refused) });
  const examination = await send(queue, [image()]);
  await until(isDone(examination));
  assert.equal(examination.items[0].error, refused);
  assert.deepEqual(service.waits, []);
});

test("an image that the service could not read carries its reason", async () => {
  const { queue } = makeQueue({ state: () => ({ state: "answered", status: "REJECTED", reason: "blurred" }) });
  const examination = await send(queue, [image()]);
  await until(isDone(examination));
  assert.equal(examination.items[0].reason, "blurred");
});

test("nobody says how many fields an examination has that had some before", async () => {
  const { queue, service } = makeQueue();
  const examination = await queue.add({ folder: "", patient: "p-1", files: [image()], examination: "e-1" });
  queue.start(examination);
  await until(isDone(examination));
  assert.equal(service.slots[0].examination_id, "e-1");
  assert.equal(service.slots[0].examination_fields, undefined);
});

test("the patient of an examination cannot be changed while it is sent", async () => {
  const { queue } = makeQueue();
  const examination = await send(queue, [image()]);
  queue.change(examination, { patient: "p-2" });
  assert.equal(examination.patient, "p-1");
});
