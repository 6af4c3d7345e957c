/** Examinations as the service shows them, for tests. */

/** Return an examination whose answer is Pre-B ALL, with changes. */
export function examinationView(changes = {}) {
  const { answer = {}, ...others } = changes;
  return {
    clinic_id: "clinic-7",
    patient_id: "patient-41",
    examination_id: "examination-1",
    status: "READY",
    held: false,
    late_fields: false,
    finding: "leukemia",
    fields: { read: 6, rejected: {}, declared: 6, waiting_for_model: 0 },
    answer: answer === null ? null : { label: "pre_b", prediction_set: ["pre_b"], white_cells: 120, contradicts: false, ...answer },
    history: [],
    last_taken_at: "2026-11-22T09:12:40.000Z",
    uploaded_at: "2026-11-22T09:30:15.000Z",
    urgency: "high",
    summary: "Pre-B ALL in 6 fields.",
    revision: "1",
    ...others,
  };
}
