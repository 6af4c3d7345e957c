/**
 * Texts of the page in the reader's language.
 *
 * Each part of the page has a file for each language with the same keys and the same {places}, and adds them here:
 * `addTexts({ en, de })`. A text that depends on a number has the keys `KEY.one` and `KEY.other`, and the place {count}.
 */

/** @typedef {Record<string, string>} Catalogue */
/** @typedef {"en" | "de"} Language */

/** @type {readonly Language[]} */
export const LANGUAGES = ["en", "de"];

/** @type {Record<Language, Catalogue>} */
const catalogues = { en: {}, de: {} };

/** @type {Language} */
let current = "en";

const listeners = new Set(/** @type {(() => void)[]} */ ([]));

/**
 * Add the texts of a part of the page.
 *
 * @param {Record<Language, Catalogue>} added
 */
export function addTexts(added) {
  for (const language of LANGUAGES) Object.assign(catalogues[language], added[language]);
}

/** Return the language in which the page is shown. @returns {Language} */
export function language() {
  return current;
}

/** Choose the language. Everything that listens is shown anew. @param {Language} chosen */
export function setLanguage(chosen) {
  current = chosen;
  if (typeof document !== "undefined") document.documentElement.lang = chosen;
  for (const listener of listeners) listener();
}

/**
 * Call `listener` after each change of the language.
 *
 * @param {() => void} listener
 * @returns {() => void} ends it.
 */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Return the first of the preferred languages that the page has, else English.
 *
 * @param {readonly string[]} preferred as in `navigator.languages`
 * @returns {Language}
 */
export function matchLanguage(preferred) {
  return findLanguage(preferred) ?? "en";
}

/** Whether the page has one of the preferred languages. @param {readonly string[]} preferred as in `navigator.languages` */
export function hasLanguage(preferred) {
  return findLanguage(preferred) !== undefined;
}

/** @param {readonly string[]} preferred @returns {Language | undefined} */
function findLanguage(preferred) {
  const codes = preferred.map((one) => one.toLowerCase().split("-")[0]);
  const found = codes.find((code) => LANGUAGES.some((known) => known === code));
  return /** @type {Language | undefined} */ (found);
}

/**
 * Return a text in the current language with its places filled.
 *
 * @param {string} key
 * @param {Record<string, string | number>} [values] for the places; `count` also chooses between `.one` and `.other`
 * @throws {Error} there is no such text, or a place has no value.
 */
export function t(key, values = {}) {
  const catalogue = catalogues[current];
  const text = catalogue[key] ?? catalogue[`${key}.${pluralOf(values.count)}`];
  if (text === undefined) throw new Error(`There is no text ${key} in ${current}.`);
  return text.replace(/\{(\w+)\}/g, (_place, /** @type {string} */ name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`The text ${key} needs a value for {${name}}.`);
    return typeof value === "number" ? formatNumber(value) : value;
  });
}

/** Check whether there is a text: for words of the service that the page may not know yet. @param {string} key */
export function hasText(key) {
  return key in catalogues[current];
}

/** @param {string | number | undefined} count */
function pluralOf(count) {
  return formatter(Intl.PluralRules).select(Number(count ?? 0)) === "one" ? "one" : "other";
}

/** Format a number as it is written in the language. @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function formatNumber(value, options) {
  return formatter(Intl.NumberFormat, options).format(value);
}

/** Format a share from 0 to 1 as a percentage. @param {number} share */
export function formatShare(share) {
  return formatNumber(share, { style: "percent", maximumFractionDigits: share > 0 && share < 0.1 ? 1 : 0 });
}

/**
 * Format a time in the reader's time zone, with the day's month in letters so that nobody reads it the wrong way round.
 *
 * @param {string | null | undefined} iso ISO 8601
 */
export function formatTime(iso) {
  return iso ? format(iso, { dateStyle: "medium", timeStyle: "short" }) : "–";
}

/** Format the day of a time. @param {string | null | undefined} iso ISO 8601 */
export function formatDay(iso) {
  return iso ? format(iso, { dateStyle: "medium" }) : "–";
}

/** @param {string} iso @param {Intl.DateTimeFormatOptions} options */
function format(iso, options) {
  return formatter(Intl.DateTimeFormat, options).format(new Date(iso));
}

/** @type {Map<string, any>} */
const formatters = new Map();

/**
 * Return a formatter of the current language. Making one takes longer than a row of the worklist: each is kept.
 *
 * @template T
 * @param {new (locale: string, options?: any) => T} kind
 * @param {object} [options]
 * @returns {T}
 */
function formatter(kind, options) {
  const key = `${kind.name} ${locale()} ${JSON.stringify(options)}`;
  const found = formatters.get(key) ?? new kind(locale(), options);
  formatters.set(key, found);
  return found;
}

function locale() {
  return current === "de" ? "de-DE" : "en-GB";
}
