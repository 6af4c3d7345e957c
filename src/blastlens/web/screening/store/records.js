/** Records of the store as they lie in the database, and how they become what the page shows. */

/** @typedef {import("./sealing.js").Sealed} Sealed */

/**
 * State of a field: in an open examination ("kept"), finished ("queued"), a request of it was or is being made ("sending"), the
 * service has confirmed it ("sent"), or it refused it ("failed").
 *
 * @typedef {"kept" | "queued" | "sending" | "sent" | "failed"} FieldState
 */

/**
 * @typedef {object} ExaminationRecord ids, order and states are plain, everything else is sealed
 * @property {string} id uuid
 * @property {"examination"} kind
 * @property {number} order
 * @property {boolean} isFinished
 * @property {Sealed} facts {patient, createdAt}
 */

/**
 * @typedef {object} FieldRecord
 * @property {string} id uuid, and the id of the upload
 * @property {"field"} kind
 * @property {string} examination
 * @property {number} order
 * @property {FieldState} state
 * @property {string | null} problem why it failed, as a code
 * @property {Sealed} facts {@link FieldFacts}
 * @property {Sealed | null} verdict
 */

/**
 * @typedef {object} FieldFacts
 * @property {string} takenAt ISO 8601, by the device's clock
 * @property {boolean} isTimeDoubtful whether the device's clock was behind the service's then
 * @property {string} extension
 * @property {string} type media type
 * @property {number} size bytes
 * @property {any} meter
 */

/**
 * @typedef {object} Field what the page shows
 * @property {string} id
 * @property {string} takenAt
 * @property {any} meter
 * @property {any} verdict null until there is one
 * @property {FieldState} state
 * @property {string | null} problem
 * @property {boolean} isDamaged its record cannot be opened; it stays until somebody removes it
 */

/**
 * @typedef {object} Examination
 * @property {string} id
 * @property {string} patient
 * @property {string} createdAt
 * @property {"open" | "queued" | "sending" | "sent" | "failed"} state
 * @property {Field[]} fields in the order in which they were taken
 */

/** Return the id under which a field's thumbnail lies. @param {string} field */
export function thumbnailId(field) {
  return `${field}/thumbnail`;
}

/** Return the fields of an examination in their order. @param {any[]} records @param {string} examination @returns {FieldRecord[]} */
export function fieldsOf(records, examination) {
  return records.filter((one) => one.kind === "field" && one.examination === examination).sort((one, other) => one.order - other.order);
}

/** Return the examinations in their order. @param {any[]} records @returns {ExaminationRecord[]} */
export function examinationsOf(records) {
  return records.filter((one) => one.kind === "examination").sort((one, other) => one.order - other.order);
}

/** @param {ExaminationRecord} examination @param {FieldRecord[]} fields @returns {Examination["state"]} */
export function stateOf(examination, fields) {
  if (!examination.isFinished) return "open";
  if (fields.every(({ state }) => state === "sent")) return "sent";
  if (fields.some(({ state }) => state === "failed")) return "failed";
  return fields.some(({ state }) => state === "sending" || state === "sent") ? "sending" : "queued";
}

/** Return how many images have not arrived. @param {any[]} records */
export function countUnsent(records) {
  return records.filter((one) => one.kind === "field" && one.state !== "sent").length;
}
