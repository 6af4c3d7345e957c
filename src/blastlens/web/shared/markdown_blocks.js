/** Parser of Markdown as the model card uses it: headings, paragraphs, lists, tables, code, emphasis and links. */

/**
 * @typedef {{type: "heading", level: number, text: string}
 *   | {type: "paragraph", text: string}
 *   | {type: "code", text: string}
 *   | {type: "list", ordered: boolean, items: string[]}
 *   | {type: "table", head: string[], rows: string[][]}} Block
 */

/** @typedef {{type: "text" | "strong" | "emphasis" | "code", text: string} | {type: "link", text: string, address: string}} Piece */

const HEADING = /^(#{1,6}) +(.*)$/;
const ITEM = /^\s*(?:[-*]|(\d+)\.) +(.*)$/;
const RULE = /^\|?(\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/;
const PIECE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

/** Return the blocks of a text. @param {string} text @returns {Block[]} */
export function parseBlocks(text) {
  const lines = text.replace(/<!--[\s\S]*?-->/g, "").split(/\r?\n/);
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    const heading = HEADING.exec(line);
    if (line.trim() === "") at += 1;
    else if (heading) {
      blocks.push({ type: "heading", level: heading[1].length, text: heading[2] });
      at += 1;
    } else if (line.startsWith("```")) {
      const end = lines.findIndex((one, place) => place > at && one.startsWith("```"));
      const last = end < 0 ? lines.length : end;
      blocks.push({ type: "code", text: lines.slice(at + 1, last).join("\n") });
      at = last + 1;
    } else at = line.startsWith("|") ? addTable(lines, at, blocks) : ITEM.test(line) ? addList(lines, at, blocks) : addParagraph(lines, at, blocks);
  }
  return blocks;
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks */
function addTable(lines, at, blocks) {
  let end = at;
  while (end < lines.length && lines[end].startsWith("|")) end += 1;
  const rows = lines.slice(at, end).filter((line) => !RULE.test(line)).map(cellsOf);
  blocks.push({ type: "table", head: rows[0] ?? [], rows: rows.slice(1) });
  return end;
}

/** @param {string} line */
function cellsOf(line) {
  return line.replace(/^\||\|\s*$/g, "").split("|").map((cell) => cell.trim());
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks */
function addList(lines, at, blocks) {
  /** @type {string[]} */
  const items = [];
  const ordered = /^\s*\d/.test(lines[at]);
  for (; at < lines.length && lines[at].trim() !== ""; at += 1) {
    const item = ITEM.exec(lines[at]);
    if (item) items.push(item[2]);
    else items[items.length - 1] += ` ${lines[at].trim()}`;
  }
  blocks.push({ type: "list", ordered, items });
  return at;
}

/** @param {string[]} lines @param {number} at @param {Block[]} blocks */
function addParagraph(lines, at, blocks) {
  const start = at;
  const isEnd = (/** @type {string} */ line) => line.trim() === "" || line.startsWith("|") || line.startsWith("```") || HEADING.test(line) || ITEM.test(line);
  do at += 1;
  while (at < lines.length && !isEnd(lines[at]));
  blocks.push({ type: "paragraph", text: lines.slice(start, at).map((line) => line.trim()).join(" ") });
  return at;
}

/** Return the pieces of a line: text, emphasis, code and links. @param {string} text @returns {Piece[]} */
export function parsePieces(text) {
  /** @type {Piece[]} */
  const pieces = [];
  let last = 0;
  for (const found of text.matchAll(PIECE)) {
    if (found.index > last) pieces.push({ type: "text", text: text.slice(last, found.index) });
    const [whole, code, strong, emphasis, label, address] = found;
    if (code !== undefined) pieces.push({ type: "code", text: code });
    else if (strong !== undefined) pieces.push({ type: "strong", text: strong });
    else if (emphasis !== undefined) pieces.push({ type: "emphasis", text: emphasis });
    else pieces.push({ type: "link", text: label, address });
    last = found.index + whole.length;
  }
  if (last < text.length) pieces.push({ type: "text", text: text.slice(last) });
  return pieces;
}
