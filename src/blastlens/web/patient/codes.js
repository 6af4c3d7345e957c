/** Access codes as people type them and as the clinic's link holds them. */

const CODE = /^[0-9a-hjkmnp-tv-z]{26}$/;

/**
 * Return a code without what people type between its letters; null if it cannot be one.
 *
 * @param {string} typed
 */
export function readCode(typed) {
  const code = typed.toLowerCase().replace(/[\s-]/g, "").replace(/o/g, "0").replace(/[il]/g, "1");
  return CODE.test(code) ? code : null;
}

/** Return a code in groups of four, as it is printed. @param {string} code */
export function groupCode(code) {
  return code.replace(/(.{4})(?=.)/g, "$1 ");
}

/** Return the six digits of a PIN; null if it cannot be one. @param {string} typed */
export function readPin(typed) {
  const pin = typed.replace(/\s/g, "");
  return /^\d{6}$/.test(pin) ? pin : null;
}

/**
 * Return the code of the page's address and take it out of the address and the history.
 *
 * @param {Location} place
 * @param {History} visited
 */
export function takeCode(place, visited) {
  const code = readCode(decode(place.hash.slice(1)));
  if (place.hash) visited.replaceState(null, "", place.pathname);
  return code;
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
