/** Marks: a shape and a word, so that nothing is said by colour alone. */

import { html, svg } from "lit";

/** @typedef {"high" | "caution" | "calm" | "unknown" | "todo" | "soft"} Tone */

const SHAPES = {
  high: svg`<path d="M8 1 15.5 14.5H.5Z" fill="currentColor"/>`,
  caution: svg`<path d="M8 .5 15.5 8 8 15.5.5 8Z" fill="currentColor"/>`,
  calm: svg`<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="2.4"/>`,
  unknown: svg`<rect x="2" y="2" width="12" height="12" rx="1.5" fill="none" stroke="currentColor" stroke-width="2.4" stroke-dasharray="4 2.5"/>`,
  todo: svg`<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="2"/><path d="M8 1.8a6.2 6.2 0 0 1 0 12.4Z" fill="currentColor"/>`,
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
