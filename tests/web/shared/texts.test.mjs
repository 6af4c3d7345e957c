/** Tests of texts, languages and formats. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { addTexts, formatShare, formatTime, hasLanguage, matchLanguage, onLanguage, setLanguage, t } from "../../../src/blastlens/web/shared/texts.js";

addTexts({
  en: { hello: "Hello {name}", "cells.one": "{count} cell", "cells.other": "{count} cells" },
  de: { hello: "Guten Tag {name}", "cells.one": "{count} Zelle", "cells.other": "{count} Zellen" },
});
afterEach(() => setLanguage("en"));

test("places are filled, and never read as markup or as other places", () => {
  assert.equal(t("hello", { name: "<b>{count}</b>" }), "Hello <b>{count}</b>");
});

test("a number chooses between one and several", () => {
  assert.equal(t("cells", { count: 1 }), "1 cell");
  assert.equal(t("cells", { count: 0 }), "0 cells");
  setLanguage("de");
  assert.equal(t("cells", { count: 12_000 }), "12.000 Zellen");
});

test("a text that is missing, and a place without a value, are errors", () => {
  assert.throws(() => t("nothing.of.this"), /no text nothing.of.this in en/);
  assert.throws(() => t("hello"), /needs a value for \{name\}/);
});

test("the first preferred language that the page has is chosen", () => {
  assert.equal(matchLanguage(["fr-FR", "de-AT", "en"]), "de");
  assert.equal(matchLanguage(["fr"]), "en");
  assert.equal(hasLanguage(["fr"]), false);
});

test("a change of the language is told to all who listen", () => {
  const seen = [];
  const end = onLanguage(() => seen.push(t("hello", { name: "x" })));
  setLanguage("de");
  end();
  setLanguage("en");
  assert.deepEqual(seen, ["Guten Tag x"]);
});

test("months are written in letters, so that no day is taken for a month", () => {
  assert.match(formatTime("2026-03-04T12:00:00Z"), /4 Mar 2026/);
  assert.equal(formatTime(null), "–");
});

test("small shares keep a decimal", () => {
  assert.equal(formatShare(0.034), "3.4%");
  assert.equal(formatShare(0.34), "34%");
});
