/** Tests of all texts: complete in both languages, with the same places, present where they are used, and used. */

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const WEB = fileURLToPath(new URL("../../src/blastlens/web", import.meta.url));

const files = (await readdir(WEB, { recursive: true })).filter((name) => name.endsWith(".js") && !name.includes("node_modules"));
const isTexts = (name) => /(^|\/)texts\/[^/]+\.js$/.test(name);

/** Catalogues of every `texts` folder, as [folder, {en, de}]. */
const catalogues = [];
for (const name of files.filter((one) => one.endsWith("texts/en.js"))) {
  const folder = join(WEB, name, "..");
  const load = async (language) => (await import(pathToFileURL(join(folder, `${language}.js`)))).default;
  catalogues.push([name, { en: await load("en"), de: await load("de") }]);
}
const words = await import(pathToFileURL(join(WEB, "clinic/texts/service_words.js")));
catalogues.push(["service_words.js", { en: words.en, de: words.de }]);

const keys = new Set(catalogues.flatMap(([, { en }]) => Object.keys(en)));
const sources = new Map();
for (const name of files.filter((one) => !isTexts(one))) sources.set(name, await readFile(join(WEB, name), "utf8"));
const source = [...sources.values()].join("\n");

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
const base = (key) => key.replace(/\.(one|other)$/, "");
const has = (key) => keys.has(key) || keys.has(`${key}.other`);

test("there are texts", () => {
  assert.ok(catalogues.length >= 3);
  assert.ok(keys.size > 150);
});

test("every text is there in both languages, and says something", () => {
  for (const [name, { en, de }] of catalogues) {
    assert.deepEqual(Object.keys(de).sort(), Object.keys(en).sort(), name);
    for (const text of [...Object.values(en), ...Object.values(de)]) assert.ok(text.trim().length > 0, name);
  }
});

test("both languages fill the same places", () => {
  for (const [, { en, de }] of catalogues) for (const key of Object.keys(en)) assert.deepEqual(places(de[key]), places(en[key]), key);
});

test("a text for one has a text for several", () => {
  for (const key of keys) {
    if (key.endsWith(".one")) assert.ok(keys.has(`${base(key)}.other`), key);
    if (key.endsWith(".other")) assert.ok(keys.has(`${base(key)}.one`), key);
  }
});

test("no two parts define the same text", () => {
  const owners = new Map();
  for (const [name, { en }] of catalogues) {
    for (const key of Object.keys(en)) {
      assert.equal(owners.get(key), undefined, `${key} stands in ${name} and ${owners.get(key)}`);
      owners.set(key, name);
    }
  }
});

test("every text that is asked for exists", () => {
  for (const [name, code] of sources) {
    for (const [, key] of code.matchAll(/\bt\(\s*"([^"]+)"/g)) assert.ok(has(key), `${key} in ${name}`);
    for (const [, key] of code.matchAll(/\b(?:label|title): "([\w-]+\.[\w.-]+)"/g)) assert.ok(has(key), `${key} in ${name}`);
  }
});

test("every text is used", () => {
  const patterns = [...source.matchAll(/`((?:[\w.-]|\$\{[^{}`]*\})+)`/g)]
    .map(([, template]) => template.split(/\$\{[^}]*\}/))
    .filter((parts) => parts.join("").includes(".") && /[a-z]{2}/.test(parts.join("")) && parts.every((part) => /^[\w. -]*$/.test(part)))
    .map((parts) => new RegExp(`^${parts.map((part) => part.replaceAll(".", "\\.")).join("[\\w .?-]+")}$`));
  for (const key of keys) {
    const name = base(key);
    const prefix = name.slice(0, name.lastIndexOf("."));
    const isUsed = source.includes(`"${name}"`) || new RegExp(`\\w\\(\\s*"${prefix.replaceAll(".", "\\.")}",`).test(source) || patterns.some((pattern) => pattern.test(name));
    assert.ok(isUsed, `${key} is used nowhere`);
  }
});

test("templates contain no words of their own: all texts can be translated", () => {
  for (const [name, code] of sources) {
    for (const [, between] of code.matchAll(/>([^<>${}`]*[A-Za-z]{3,}[^<>${}`]*)<\//g)) {
      if (between.trim() === "blastlens") continue;
      assert.doesNotMatch(between, /^\s*[A-Z][a-z]+/, `${name}: ${between.trim()}`);
    }
  }
});
