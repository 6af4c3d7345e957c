/**
 * What people have typed and not sent yet, by route and field, in memory alone.
 *
 * A view that is left and opened again shows its drafts. The page asks before it is closed while there are some.
 */

/** @type {Map<string, string>} */
const drafts = new Map();

/** @type {Set<() => boolean>} */
const blockers = new Set();

/** @param {string} key such as `comment clinic-7/patient-41/examination-1` */
export function readDraft(key) {
  return drafts.get(key) ?? "";
}

/** Keep a text; an empty one is forgotten. @param {string} key @param {string} text */
export function writeDraft(key, text) {
  if (text) drafts.set(key, text);
  else drafts.delete(key);
}

/** Forget every draft, as after signing out. */
export function clearDrafts() {
  drafts.clear();
}

/**
 * Ask before the page is closed while `isBusy` returns true, as during uploads.
 *
 * @param {() => boolean} isBusy
 * @returns {() => void} ends it.
 */
export function blockClosing(isBusy) {
  blockers.add(isBusy);
  return () => blockers.delete(isBusy);
}

/** Whether something would be lost if the page was closed now. */
export function hasUnsaved() {
  return drafts.size > 0 || [...blockers].some((isBusy) => isBusy());
}
