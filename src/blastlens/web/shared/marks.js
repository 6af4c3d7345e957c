/** Marks: a shape and a word, so that nothing is said by colour alone. */

import { html, svg } from "lit";

/** @typedef {"high" | "caution" | "calm" | "unknown" | "soft"} Tone */

const SHAPES = {
  high: svg`<path d="M8 1 15.500 14.500H.5Z" fill="currentColor"/>`,
  caution: svg`<path d="M8 .5 15.500 8 8 15.500.5 8Z" fill="currentColor"/>`,
  calm: svg`<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="2.4"/>`,
  unknown: svg`<rect x="2" y="2" width="12" height="12" rx="1.500" fill="none" stroke="currentColor" stroke-width="2.400" stroke-dasharray="4 2.500"/>`,
  soft: svg`<circle cx="8" cy="8" r="3" fill="currentColor"/>`,
};

/**
 * Return a mark. The shape is decoration: the word says the same.
 *
 * @param {Tone} tone
 * @param {string} word
 */
export function mark(tone, word) {
  return html`<span class="mark ${tone}"><svg viewBox="0 0 16 16" aria-hidden="true">${SHAPES[tone]}</svg><span>${word}</span></span>`;
}
