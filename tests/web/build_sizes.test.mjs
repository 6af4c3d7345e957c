/** Sizes of the built page: what CloudFront does not compress counts as it is. */

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { findHeavy, measure } from "../../src/blastlens/web/build_sizes.mjs";

test("a runtime that CloudFront does not compress makes the page too heavy", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "sizes-"));
  context.after(() => rm(folder, { recursive: true }));
  await Promise.all(["index.html", "main.js", "main.css"].map((name) => writeFile(join(folder, name), name)));
  const reading = /** @type {any} */ ({ runtimes: { script: [{ path: "run.wasm", bytes: 0 }] }, packages: { screening: { bytes: 0 } } });
  const sizes = async (/** @type {number} */ bytes) => {
    await writeFile(join(folder, "run.wasm"), Buffer.alloc(bytes));
    const page = { source: "screening", target: "" };
    return measure(page, { script: "main.js", modules: [], styles: "main.css" }, { assets: [], reading }, folder);
  };

  assert.deepEqual(findHeavy([await sizes(10_000_000)]), []);
  assert.match(findHeavy([await sizes(10_000_001)])[0], /screening loads more than 8000\.0 KB/);
});
