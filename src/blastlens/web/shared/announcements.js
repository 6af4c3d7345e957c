/** Sentences for screen readers: one polite live region of the document. */

/** @type {HTMLElement | null} */
let region = null;

/** Let screen readers say a sentence when they are done with what they say. @param {string} sentence */
export function announce(sentence) {
  region ??= document.body.appendChild(makeRegion());
  const element = region;
  element.textContent = "";
  // A text that equals the one before is only said again if it was gone in between.
  setTimeout(() => (element.textContent = sentence), 100);
}

function makeRegion() {
  const element = document.createElement("div");
  element.className = "visually-hidden";
  element.setAttribute("role", "status");
  return element;
}
