/** Screening at the microscope beside the answers of an examination: what is said of it. No answer depends on it. */

/** @typedef {{key: string, values: Record<string, any>}} Sentence a text's key and what is filled in */

/**
 * Return in how many fields screening and answers differ; null where nothing was compared.
 *
 * @param {any} examination
 * @returns {Sentence | null}
 */
export function screeningFact(examination) {
  const { compared, disagreeing } = totalsOf(examination);
  if (compared === 0) return null;
  return { key: disagreeing === 0 ? "screening.agrees" : "screening.differs_in", values: { disagreeing, count: compared } };
}

/**
 * Return what a signer has to know before signing; null where screening and answers agree, and after the signature.
 *
 * @param {any} examination
 * @returns {Sentence | null}
 */
export function screeningNote(examination) {
  const { compared, disagreeing, disagrees } = totalsOf(examination);
  if (!disagrees || ["SIGNED", "AMENDED"].includes(examination.status)) return null;
  return { key: "screening.note", values: { disagreeing, count: compared } };
}

/** Totals of the screening; a service of before the screening has none. @param {any} examination */
function totalsOf(examination) {
  return examination.edge ?? { compared: 0, disagreeing: 0, disagrees: false };
}
