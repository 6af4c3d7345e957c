/** Examinations as the page shows them, from sealed records. */

import { examinationsOf, fieldsOf, stateOf } from "./records.js";
import { isUnreadable } from "./sealing.js";

/** @typedef {import("./records.js").Examination} Examination */
/** @typedef {import("./records.js").Field} Field */
/** @typedef {import("./vault.js").Vault} Vault */

/** Return all examinations, the oldest first. @param {any[]} records @param {Vault} vault open @returns {Promise<Examination[]>} */
export async function showExaminations(records, vault) {
  return Promise.all(examinationsOf(records).map(async (one) => {
    const fields = fieldsOf(records, one.id);
    const facts = (await open(vault, `${one.id}/facts`, one.facts)) ?? { patient: "", createdAt: "" };
    return { id: one.id, ...facts, state: stateOf(one, fields), fields: await Promise.all(fields.map((field) => showField(field, vault))) };
  }));
}

/** @param {import("./records.js").FieldRecord} record @param {Vault} vault @returns {Promise<Field>} */
async function showField(record, vault) {
  const { id, state, problem } = record;
  const facts = await open(vault, `${id}/facts`, record.facts);
  const verdict = record.verdict && (await open(vault, `${id}/verdict`, record.verdict));
  const { takenAt, meter } = facts ?? { takenAt: "", meter: null };
  return { id, takenAt, meter, verdict, state, problem, isDamaged: facts === null };
}

/** Return a value; null where it is damaged: one damaged record must not hide the others. @param {Vault} vault @param {string} place @param {import("./sealing.js").Sealed} sealed */
async function open(vault, place, sealed) {
  try {
    return await vault.unsealValue(place, sealed);
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}
