/** Changes of records, each within one transaction that includes the stores `keys`, `records` and `images`. */

import { NotPossible } from "./errors.js";
import { countUnsent, fieldsOf, thumbnailId } from "./records.js";

/** @typedef {import("./database.js").Transaction} Transaction */
/** @typedef {import("./records.js").FieldRecord} FieldRecord */
/** @typedef {import("./sealing.js").Sealed} Sealed */

/** @param {Transaction} tx @param {{id: string, facts: Sealed}} values */
export async function addExamination(tx, { id, facts }) {
  await tx.add("records", { id, kind: "examination", order: await nextOrder(tx), isFinished: false, facts });
}

/**
 * Add a field with its image to an open examination.
 *
 * @param {Transaction} tx
 * @param {{id: string, examination: string, facts: Sealed, verdict: Sealed | null, image: Sealed, thumbnail: Sealed | null}} values
 * @throws {NotPossible}
 */
export async function addField(tx, { id, examination, facts, verdict, image, thumbnail }) {
  const found = await tx.get("records", examination);
  if (!found) throw new NotPossible("gone");
  if (found.isFinished) throw new NotPossible("finished");
  const order = await nextOrder(tx);
  await tx.add("records", { id, kind: "field", examination, order, state: "kept", problem: null, facts, verdict });
  await tx.add("images", { id, sealed: image });
  if (thumbnail) await tx.add("images", { id: thumbnailId(id), sealed: thumbnail });
}

/** @param {Transaction} tx @param {string} field @param {Sealed} verdict @throws {NotPossible} */
export async function setVerdict(tx, field, verdict) {
  const record = await tx.get("records", field);
  if (!record) throw new NotPossible("gone");
  await tx.put("records", { ...record, verdict });
}

/** Erase a field that no request was made for; a finished examination without fields goes with it. @param {Transaction} tx @param {string} field @throws {NotPossible} */
export async function removeField(tx, field) {
  const record = await tx.get("records", field);
  if (!record) return;
  if (record.state === "sending" || record.state === "sent") throw new NotPossible(record.state);
  await erase(tx, [record]);
  const examination = await tx.get("records", record.examination);
  if (!examination?.isFinished) return;
  if (fieldsOf(await tx.all("records"), examination.id).length === 0) await tx.delete("records", examination.id);
}

/** @param {Transaction} tx @param {string} examination @param {number} unsent as shown to the person @throws {NotPossible} */
export async function removeExamination(tx, examination, unsent) {
  const fields = fieldsOf(await tx.all("records"), examination);
  if (fields.some(({ state }) => state === "sending")) throw new NotPossible("sending");
  if (countUnsent(fields) !== unsent) throw new NotPossible("unsent");
  await erase(tx, fields);
  await tx.delete("records", examination);
}

/** Put an examination into the queue. @param {Transaction} tx @param {string} examination @throws {NotPossible} */
export async function finish(tx, examination) {
  const record = await tx.get("records", examination);
  if (!record) throw new NotPossible("gone");
  const fields = fieldsOf(await tx.all("records"), examination);
  if (fields.length === 0) throw new NotPossible("empty");
  for (const field of fields) if (field.state === "kept") await tx.put("records", { ...field, state: "queued" });
  await tx.put("records", { ...record, isFinished: true });
}

/** Queue failed fields again. @param {Transaction} tx @param {string} examination */
export async function retry(tx, examination) {
  for (const field of fieldsOf(await tx.all("records"), examination)) {
    if (field.state === "failed") await tx.put("records", { ...field, state: "queued", problem: null });
  }
}

/** Erase everything. @param {Transaction} tx @param {number} unsent as shown to the person @throws {NotPossible} */
export async function eraseAll(tx, unsent) {
  if (countUnsent(await tx.all("records")) !== unsent) throw new NotPossible("unsent");
  await Promise.all([tx.clear("images"), tx.clear("records"), tx.clear("keys")]);
}

/** Return the next place in the order in which things were made: the clock may be set back. @param {Transaction} tx @returns {Promise<number>} */
async function nextOrder(tx) {
  const { next } = (await tx.get("keys", "order")) ?? { next: 1 };
  await tx.put("keys", { id: "order", next: next + 1 });
  return next;
}

/** Erase fields with their images. @param {Transaction} tx @param {FieldRecord[]} fields */
async function erase(tx, fields) {
  for (const { id } of fields) {
    await tx.delete("records", id);
    await tx.delete("images", id);
    await tx.delete("images", thumbnailId(id));
  }
}
