/** Changes of an examination between two moments, in words that a signer needs. */

/**
 * @typedef {{key: string, values: Record<string, any>}} Change a text's key and what is filled in
 */

/**
 * Return what changed, most important first; an empty list where a signer would see the same.
 * @param {any} before examination as the signer saw it
 * @param {any} now examination as it is
 * @returns {Change[]}
 */
export function changesOf(before, now) {
  return [
    ...newSignatures(before, now),
    ...held(before, now),
    ...(now.hides_leukemia && !before.hides_leukemia ? [{ key: "changes.hides", values: {} }] : []),
    ...answer(before.answer, now.answer),
    ...counts(before, now),
    ...moves(before, now),
    ...status(before, now),
  ];
}

/** @param {any} before @param {any} now */
function newSignatures(before, now) {
  return now.history.slice(before.history.length).map((/** @type {any} */ one) => ({
    key: one.kind === "retract" ? "changes.retracted" : "changes.signed",
    values: { name: one.signed_by, at: one.signed_at, conclusion: one.conclusion, reason: one.reason },
  }));
}

/** @param {any} before @param {any} now */
function held(before, now) {
  if (before.held === now.held) return [];
  return [{ key: now.held ? "changes.held" : "changes.released", values: {} }];
}

/** @param {any} before @param {any} now */
function answer(before, now) {
  const was = setOf(before);
  const is = setOf(now);
  if (was.join() === is.join()) return [];
  return [{ key: "changes.answer", values: { from: was, to: is } }];
}

/** @param {any} answer @returns {string[]} */
function setOf(answer) {
  if (!answer || answer.missing_cells) return [];
  return [...answer.prediction_set];
}

/** @param {any} before @param {any} now */
function counts(before, now) {
  const rejected = (/** @type {any} */ one) =>
    Object.values(one.fields.rejected).reduce((/** @type {number} */ sum, each) => sum + Number(each), 0);
  return [
    numbers("changes.fields", before.fields.read, now.fields.read),
    numbers("changes.rejected", rejected(before), rejected(now)),
    numbers("changes.excluded", before.fields.excluded ?? 0, now.fields.excluded ?? 0),
    numbers("changes.cells", before.answer?.white_cells ?? 0, now.answer?.white_cells ?? 0),
    numbers("changes.blasts", before.answer?.blasts ?? 0, now.answer?.blasts ?? 0),
  ].flat();
}

/** @param {string} key @param {number} from @param {number} to @returns {Change[]} */
function numbers(key, from, to) {
  return from === to ? [] : [{ key, values: { from, to } }];
}

/** Moves of cells by others: those of the signer are a part of what they saw. @param {any} before @param {any} now */
function moves(before, now) {
  const count = (now.review?.moves ?? 0) - (before.review?.moves ?? 0);
  return count > 0 ? [{ key: "changes.moves", values: { count } }] : [];
}

/** @param {any} before @param {any} now */
function status(before, now) {
  if (before.status === now.status || now.history.length !== before.history.length) return [];
  return [{ key: "changes.status", values: { from: before.status, to: now.status } }];
}
