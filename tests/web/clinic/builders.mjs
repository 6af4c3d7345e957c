/** Examinations, fields and cells for tests, as the service sends them. */

export function anExamination(changes = {}) {
  return {
    examination_id: "E-1",
    patient_id: "P-1",
    status: "READY",
    held: false,
    finding: "leukemia",
    basis: "a".repeat(64),
    signatures: 0,
    history: [],
    checks: [],
    hides_leukemia: false,
    fields: { read: 6, rejected: { blurred: 1 }, excluded: 0, declared: 7, waiting_for_model: 0 },
    answer: anAnswer(),
    ...changes,
  };
}

export function anAnswer(changes = {}) {
  return {
    label: "pre_b",
    probabilities: { benign: 0.01, early_pre_b: 0.02, pre_b: 0.95, pro_b: 0.02 },
    prediction_set: ["pre_b"],
    finding: "leukemia",
    white_cells: 120,
    blasts: 90,
    blast_interval: [0.66, 0.82],
    contradicts: false,
    missing_cells: 0,
    ...changes,
  };
}

export function aField(uploadId, cells) {
  return {
    upload_id: uploadId,
    reading: `${uploadId}#v1#digest`,
    width: 1000,
    height: 800,
    pixel_size_um: 0.1,
    cells: cells.map((cell, index) => ({
      cell: index,
      box: [10 * index, 20, 90, 80],
      outline: [],
      nucleus_um: 9.5,
      blast_probability: 0.9,
      kind: "pre_b",
      moved: null,
      ...cell,
    })),
  };
}

export function aDifferential(changes = {}) {
  return {
    cells: 10,
    by_kind: { benign: 4, early_pre_b: 0, pre_b: 5, pro_b: 0, other_white: 1 },
    moved: 0,
    blasts: 5,
    blast_share: 0.5,
    blast_interval: [0.24, 0.76],
    ...changes,
  };
}

export class ProblemResponse extends Error {
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}
