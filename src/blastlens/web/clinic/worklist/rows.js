/** Rows of the worklist: the part of an examination that a row shows. */

/**
 * @typedef {object} Row
 * @property {string} key patient and examination
 * @property {string} patient
 * @property {string} examination
 * @property {string} status OPEN, READY, INSUFFICIENT, SIGNED, AMENDED or RETRACTED
 * @property {boolean} held
 * @property {boolean} lateFields
 * @property {string | null} finding
 * @property {"high" | "unknown" | "routine"} urgency
 * @property {number} read fields that were read
 * @property {number} rejected fields that were refused
 * @property {number | null} declared fields that the examination should have
 * @property {number | null} whiteCells
 * @property {string | null} label the likeliest class
 * @property {string[]} predictionSet
 * @property {boolean} contradicts
 * @property {boolean} screeningDiffers whether the screening at the microscope and the answers differ
 * @property {string | null} takenAt
 * @property {string} summary one sentence of the service
 * @property {string} revision
 * @property {{conclusion: string | null, signedBy: string, signedAt: string} | null} signature the last one
 * @property {boolean} [isGone] whether it is no longer in the list as filtered
 */

/** @param {string} patient @param {string} examination */
export function keyOf(patient, examination) {
  return `${patient}/${examination}`;
}

/**
 * Return the row of an examination as the service shows it.
 *
 * @param {any} view
 * @returns {Row}
 */
export function makeRow(view) {
  const last = view.history?.at(-1);
  return {
    key: keyOf(view.patient_id, view.examination_id),
    patient: view.patient_id,
    examination: view.examination_id,
    status: view.status,
    held: view.held === true,
    lateFields: view.late_fields === true,
    finding: view.finding ?? null,
    urgency: view.urgency,
    read: view.fields.read,
    rejected: Object.values(view.fields.rejected).reduce((sum, one) => sum + Number(one), 0),
    declared: view.fields.declared ?? null,
    whiteCells: view.answer?.white_cells ?? null,
    label: view.answer?.label ?? null,
    predictionSet: view.answer?.prediction_set ?? [],
    contradicts: view.answer?.contradicts === true,
    screeningDiffers: view.edge?.disagrees === true,
    takenAt: view.last_taken_at ?? view.uploaded_at ?? null,
    summary: view.summary ?? "",
    revision: String(view.revision ?? ""),
    signature: last ? { conclusion: last.conclusion, signedBy: last.signed_by, signedAt: last.signed_at } : null,
  };
}
