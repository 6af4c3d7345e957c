/** The store's side of sending: what comes next, and what became of it. Each step is one transaction. */

import { OtherClinic } from "./errors.js";
import { isUnreadable } from "./sealing.js";
import { countUnsent, examinationsOf, fieldsOf, stateOf, thumbnailId } from "./records.js";

/** @typedef {import("./database.js").Transaction} Transaction */

/**
 * @typedef {object} Job a field that is to be sent
 * @property {string} upload id of the field and of the upload; it is made and stored with the image, before any request
 * @property {string} examination
 * @property {string} patient
 * @property {import("./records.js").FieldFacts} facts
 * @property {any} verdict
 * @property {boolean} wasTried whether a request was or may have been made
 * @property {number | null} fields how many fields the examination has, where this is its last one to be sent
 * @property {boolean} isDamaged its record cannot be opened; then the other values are empty
 */

const SENT_KEPT = 20;
const CLINIC = "clinic";

export class Outbox {
  /**
   * @param {import("./database.js").Database} database
   * @param {import("./vault.js").Vault} vault
   * @param {() => Promise<void>} changed
   */
  constructor(database, vault, changed) {
    this._database = database;
    this._vault = vault;
    this._changed = changed;
  }

  get isOpen() {
    return this._vault.state === "open";
  }

  /**
   * Remember whose clinic the images are for. Without unsent images the device may change its clinic.
   *
   * @param {string} clinic id of the signed-in person's clinic
   * @throws {OtherClinic} there are unsent images that were taken for another one: they must not be sent there.
   */
  async bindClinic(clinic) {
    const sealed = await this._vault.sealValue(CLINIC, clinic);
    const known = await this._database.transact(["keys"], "readonly", (tx) => tx.get("keys", CLINIC));
    const isSame = known !== undefined && (await this._vault.unsealValue(CLINIC, known.sealed)) === clinic;
    if (isSame) return;
    await this._database.transact(["keys", "records"], "readwrite", async (tx) => {
      await this._vault.check(tx);
      const isWaiting = countUnsent(await tx.all("records")) > 0;
      if (known !== undefined && isWaiting) throw new OtherClinic();
      await tx.put("keys", { id: CLINIC, sealed });
    });
  }

  /** Remember the newest time that the service has said, in milliseconds since 1970. @param {number} at */
  async noteServiceTime(at) {
    await this._database.transact(["keys"], "readwrite", async (tx) => {
      await this._vault.check(tx);
      const known = await tx.get("keys", "service-time");
      if (!(known?.at >= at)) await tx.put("keys", { id: "service-time", at });
    });
  }

  /**
   * Return the field that is to be sent next: the oldest of the oldest finished examination.
   *
   * @param {ReadonlySet<string>} [without] fields that are left out for now
   * @returns {Promise<Job | null>}
   */
  async next(without = new Set()) {
    const records = await this._database.transact(["records"], "readonly", (tx) => tx.all("records"));
    for (const examination of examinationsOf(records)) {
      if (!examination.isFinished) continue;
      const fields = fieldsOf(records, examination.id);
      const left = fields.filter(({ state }) => state === "queued" || state === "sending");
      const field = left.find(({ id }) => !without.has(id));
      if (field) return this._job(examination, field, left.length === 1 ? fields.length : null);
    }
    return null;
  }

  /** Note that a request is about to be made. @param {string} upload @returns {Promise<boolean>} false where the field is not to be sent any more. */
  markSending(upload) {
    return this._move(upload, async (tx, record) => {
      await tx.put("records", { ...record, state: "sending" });
    });
  }

  /** Note that the service has confirmed a field, and erase its image. @param {string} upload */
  markSent(upload) {
    return this._move(upload, async (tx, record) => {
      await tx.put("records", { ...record, state: "sent", problem: null });
      await tx.delete("images", upload);
      await tx.delete("images", thumbnailId(upload));
      await trim(tx);
    });
  }

  /** Note that a field is refused; its image stays. @param {string} upload @param {string} problem code */
  markFailed(upload, problem) {
    return this._move(upload, async (tx, record) => {
      await tx.put("records", { ...record, state: "failed", problem });
    });
  }

  /** @param {string} upload @param {(tx: Transaction, record: any) => Promise<void>} work @returns {Promise<boolean>} */
  async _move(upload, work) {
    const isDone = await this._database.transact(["keys", "records", "images"], "readwrite", async (tx) => {
      await this._vault.check(tx);
      const record = await tx.get("records", upload);
      if (record?.state !== "queued" && record?.state !== "sending") return false;
      await work(tx, record);
      return true;
    });
    await this._changed();
    return isDone;
  }

  /** @param {import("./records.js").ExaminationRecord} examination @param {import("./records.js").FieldRecord} field @param {number | null} fields @returns {Promise<Job>} */
  async _job(examination, field, fields) {
    const job = { upload: field.id, examination: examination.id, wasTried: field.state === "sending", fields };
    try {
      const { patient } = await this._vault.unsealValue(`${examination.id}/facts`, examination.facts);
      const facts = await this._vault.unsealValue(`${field.id}/facts`, field.facts);
      const verdict = field.verdict && (await this._vault.unsealValue(`${field.id}/verdict`, field.verdict));
      return { ...job, patient, facts, verdict, isDamaged: false };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return { ...job, patient: "", facts: /** @type {any} */ (null), verdict: null, isDamaged: true };
    }
  }
}

/** Forget the oldest examinations that were sent whole; the newest stay to be shown. @param {Transaction} tx */
async function trim(tx) {
  const records = await tx.all("records");
  const sent = examinationsOf(records).filter((one) => stateOf(one, fieldsOf(records, one.id)) === "sent");
  for (const examination of sent.slice(0, -SENT_KEPT)) {
    for (const { id } of fieldsOf(records, examination.id)) await tx.delete("records", id);
    await tx.delete("records", examination.id);
  }
}
