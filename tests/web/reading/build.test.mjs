/** The build of what images are read with: only the pinned runtime and whole packages get into the page. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { buildReading, listLicences } from "../../../src/blastlens/web/build_reading.mjs";

const CORE = "node_modules/@litertjs/core";
const INSTALLED = join("build/web-packages", CORE);
const skip = existsSync(join(INSTALLED, "wasm")) ? false : "LiteRT.js is not installed: run `make web`.";

/** A bundler that returns what it was asked for. */
const esbuild = { build: async (/** @type {any} */ options) => ({ outputFiles: [{ contents: Buffer.from(options.entryPoints[0]) }] }) };

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "build-"));
  if (skip === false) await cp(INSTALLED, join(folder, CORE), { recursive: true });
});
after(() => rm(folder, { recursive: true }));

test("packages and runtime lie below the page that reads, unchanged, by digest and version", { skip }, async () => {
  const out = join(folder, "out");

  const { worker, runtimes, packages } = await buildReading(esbuild, {}, folder, out);

  const manifest = JSON.parse(await readFile("src/blastlens/models/screening/manifest.json", "utf8"));
  assert.equal(packages.screening.base, `/screening/models/screening/${manifest.digest}/`);
  for (const { path, bytes } of packages.screening.files) {
    const copied = await readFile(join(out, path));
    assert.equal(copied.length, bytes);
    assert.deepEqual(copied, await readFile(join("src/blastlens/models/screening", path.slice(packages.screening.base.length))));
  }
  assert.match(worker, /^\/screening\/litert\/[0-9a-f]{16}\/reading-worker\.js$/);
  assert.deepEqual(Object.values(runtimes).map((files) => files.length), [2, 2]);
  assert.ok([...Object.values(runtimes).flat()].every(({ path }) => path.startsWith("/screening/litert/2.")));
});

test("a runtime with one other byte is not built into the page", { skip }, async () => {
  const file = join(folder, CORE, "wasm/litert_wasm_internal.wasm");
  const bytes = await readFile(file);
  bytes[1000] ^= 1;
  await writeFile(file, bytes);

  await assert.rejects(buildReading(esbuild, {}, folder, join(folder, "other")), /litert_wasm_internal\.wasm .*SHA-256/);
});

test("another version of the runtime is not built into the page", { skip }, async () => {
  await writeFile(join(folder, CORE, "package.json"), JSON.stringify({ version: "9.0.0" }));

  await assert.rejects(buildReading(esbuild, {}, folder, join(folder, "other")), /version 9\.0\.0/);
});

test("licences name every package of the bundles and the runtime, with a text", { skip }, async () => {
  const text = await listLicences("build/web-packages", ["x/node_modules/lit-html/lit-html.js", "src/blastlens/web/clinic/main.js"]);

  assert.match(text, /^lit-html [\d.]+ \(BSD-3-Clause\)$/m);
  assert.match(text, /^@litertjs\/core [\d.]+ \(Apache-2\.0\)$/m);
  assert.match(text, /^XNNPACK \(BSD-3-Clause\) https:/m);
  assert.match(text, /Apache License\s+Version 2\.0/);
});

test("the licences lie where the page links to them, within the scope of its service worker", async () => {
  const [build, about] = await Promise.all(["build.mjs", "screening/views/about.js"].map((name) => readFile(join("src/blastlens/web", name), "utf8")));
  const path = /LICENCES = "([^"]+)"/.exec(build)?.[1];

  assert.match(`/${path}`, /^\/screening\//);
  assert.ok(about.includes(`href="/${path}"`));
});
