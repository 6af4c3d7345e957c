/**
 * Markdown as elements of the page.
 *
 * The text becomes elements, never markup: script in it is shown as text.
 */

import { html, nothing } from "lit";
import { parseBlocks, parsePieces } from "./markdown_blocks.js";

/** @typedef {import("./markdown_blocks.js").Block} Block */

/**
 * Return a template of a Markdown text.
 *
 * @param {string} text
 * @param {number} [below] level of the heading that the text stands under
 */
export function markdown(text, below = 1) {
  return parseBlocks(text).map((block) => blockTemplate(block, below));
}

/** @param {Block} block @param {number} below */
function blockTemplate(block, below) {
  switch (block.type) {
    case "heading":
      return headingTemplate(Math.min(block.level + below, 6), inline(block.text));
    case "paragraph":
      return html`<p>${inline(block.text)}</p>`;
    case "code":
      return html`<div class="scrolls" tabindex="0"><pre><code>${block.text}</code></pre></div>`;
    case "list": {
      const items = block.items.map((item) => html`<li>${inline(item)}</li>`);
      return block.ordered ? html`<ol>${items}</ol>` : html`<ul>${items}</ul>`;
    }
    case "table":
      return html`<div class="scrolls" tabindex="0"><table class="plain">
        <thead><tr>${block.head.map((cell) => (cell ? html`<th scope="col">${inline(cell)}</th>` : html`<td></td>`))}</tr></thead>
        <tbody>${block.rows.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`)}</tbody>
      </table></div>`;
    default:
      return nothing;
  }
}

/** @param {number} level @param {unknown} content */
function headingTemplate(level, content) {
  if (level <= 2) return html`<h2>${content}</h2>`;
  return level === 3 ? html`<h3>${content}</h3>` : html`<h4>${content}</h4>`;
}

/** @param {string} text */
function inline(text) {
  return parsePieces(text).map((piece) => {
    if (piece.type === "strong") return html`<strong>${piece.text}</strong>`;
    if (piece.type === "emphasis") return html`<em>${piece.text}</em>`;
    if (piece.type === "code") return html`<code>${piece.text}</code>`;
    // Links of the card lead to files that the page does not have: what they are called is shown.
    if (piece.type === "link" && /^https:\/\//.test(piece.address)) {
      return html`<a href=${piece.address} rel="noreferrer noopener" target="_blank">${piece.text}</a>`;
    }
    return piece.text;
  });
}
