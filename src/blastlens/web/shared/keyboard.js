/** Keys of the page: one listener, the keys that are active now, and a switch for keys without a modifier. */

import { readPreference, writePreference } from "./preferences.js";

/**
 * @typedef {object} Key
 * @property {string} key as in `KeyboardEvent.key`; upper case means with Shift
 * @property {string} label key of the text that says what it does
 * @property {(event: KeyboardEvent) => void} run
 * @property {boolean} [hidden] whether the list of keys leaves it out, as for a second key of the same action
 */

/** @type {Key[][]} */
const layers = [];

/**
 * Make keys active. Of two layers with the same key, the later one counts.
 *
 * @param {Key[]} keys
 * @returns {() => void} ends it.
 */
export function addKeys(keys) {
  layers.push(keys);
  return () => {
    const place = layers.indexOf(keys);
    if (place >= 0) layers.splice(place, 1);
  };
}

/** Return the keys that are active now, without those that another layer covers. @returns {Key[]} */
export function activeKeys() {
  const seen = new Set();
  const keys = [];
  for (const layer of layers.toReversed()) {
    for (const one of layer) if (!seen.has(one.key)) keys.push(one);
    for (const one of layer) seen.add(one.key);
  }
  return keys.filter((one) => !one.hidden);
}

/** Whether keys without a modifier do something: people who dictate switch them off (WCAG 2.1.4). */
export function areSingleKeysOn() {
  return readPreference("single_keys") !== "off";
}

/** @param {boolean} on */
export function switchSingleKeys(on) {
  writePreference("single_keys", on ? null : "off");
}

/** Listen to keys from now on. */
export function startKeyboard() {
  addEventListener("keydown", (event) => {
    const key = findKey(event);
    if (!key) return;
    event.preventDefault();
    key.run(event);
  });
}

/** @param {KeyboardEvent} event @returns {Key | undefined} */
function findKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return undefined;
  if (!areSingleKeysOn() && event.key.length === 1) return undefined;
  const target = /** @type {Element | null} */ (event.target);
  if (target?.closest("input, textarea, select, [contenteditable]") && !isTyped(event, target)) return undefined;
  if (document.querySelector("dialog[open]")) return undefined;
  if (["Enter", " "].includes(event.key) && target?.closest("a, button, summary, [role=button]")) return undefined;
  for (const layer of layers.toReversed()) {
    const found = layer.find((one) => one.key === event.key);
    if (found) return found;
  }
  return undefined;
}

/** Whether a key means the same in a field as outside: only Escape does. @param {KeyboardEvent} event @param {Element} target */
function isTyped(event, target) {
  return event.key === "Escape" && target.matches("input:not([type=search]), select");
}
