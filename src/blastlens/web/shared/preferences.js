/**
 * Choices of the reader that stay in the browser: language, appearance and single keys; and how many images wait to be sent.
 *
 * They say nothing about a person. A browser that stores nothing forgets them.
 */

const PREFIX = "blastlens.";

/** @typedef {"language" | "appearance" | "single_keys" | "unsent_images" | "reading_package"} Name */

/** @param {Name} name @returns {string | null} */
export function readPreference(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** @param {Name} name @param {string | null} value null forgets it */
export function writePreference(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Private windows may refuse to store anything.
  }
}

/** Show the page light or dark; null follows the system. @param {string | null} appearance */
export function applyAppearance(appearance) {
  const root = document.documentElement;
  if (appearance === "light" || appearance === "dark") root.dataset.appearance = appearance;
  else delete root.dataset.appearance;
}
