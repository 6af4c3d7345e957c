/** Tests of Markdown as the model card uses it. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { parseBlocks, parsePieces } from "../../../src/blastlens/web/shared/markdown_blocks.js";

test("headings, lists, tables and code become blocks", () => {
  const blocks = parseBlocks("# A\n\ntext\nmore\n\n- one\n  on\n- two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```sh\nmake\n```\n");
  assert.deepEqual(blocks, [
    { type: "heading", level: 1, text: "A" },
    { type: "paragraph", text: "text more" },
    { type: "list", ordered: false, items: ["one on", "two"] },
    { type: "table", head: ["a", "b"], rows: [["1", "2"]] },
    { type: "code", text: "make" },
  ]);
});

test("script stays text", () => {
  assert.deepEqual(parsePieces("<script>alert(1)</script>"), [{ type: "text", text: "<script>alert(1)</script>" }]);
});

test("emphasis, code and links become pieces", () => {
  assert.deepEqual(parsePieces("a **b** `c` [d](e.md)"), [
    { type: "text", text: "a " },
    { type: "strong", text: "b" },
    { type: "text", text: " " },
    { type: "code", text: "c" },
    { type: "text", text: " " },
    { type: "link", text: "d", address: "e.md" },
  ]);
});

test("an open fence and a half table end with the text", () => {
  assert.deepEqual(parseBlocks("```\na"), [{ type: "code", text: "a" }]);
  assert.deepEqual(parseBlocks("|"), [{ type: "table", head: [""], rows: [] }]);
});

test("nothing of the shipped model card is lost", async () => {
  const card = await readFile(new URL("../../../docs/model-card.md", import.meta.url), "utf8");
  const words = (text) => text.replace(/<!--[\s\S]*?-->/g, "").match(/[\p{L}\p{N}]+/gu) ?? [];
  const parsed = parseBlocks(card).flatMap((block) => {
    if (block.type === "list") return block.items;
    return block.type === "table" ? [...block.head, ...block.rows.flat()] : [block.text];
  });
  assert.deepEqual(words(parsed.join(" ")), words(card));
});
