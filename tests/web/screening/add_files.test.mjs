/** Tests of photographs that are chosen as files. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as serviceWords from "../../../src/blastlens/web/clinic/texts/service_words.js";
import { addFiles } from "../../../src/blastlens/web/screening/add_files.js";
import en from "../../../src/blastlens/web/screening/texts/en.js";
import { hasUnsaved } from "../../../src/blastlens/web/shared/drafts.js";
import { addTexts } from "../../../src/blastlens/web/shared/texts.js";

addTexts(serviceWords);
addTexts({ en });

/** Return a PNG of so many pixels whose content is missing. */
function png(width, height) {
  const head = new DataView(new ArrayBuffer(24));
  [0x89504e47, 0x0d0a1a0a, 13, 0x49484452, width, height].forEach((value, place) => head.setUint32(4 * place, value));
  return new Blob([head.buffer, new Uint8Array([0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82])]);
}

test("a file that the service would refuse is never decoded: a hundred megapixels would end the page", async () => {
  let decoded = 0;
  globalThis.createImageBitmap = async () => void (decoded += 1);
  const files = [new File([png(10_000, 10_000)], "huge.png"), new File(["%PDF-1.7"], "report.jpg"), new File([], "empty.jpg")];
  const refused = await addFiles("examination", files, () => assert.ok(hasUnsaved()));
  assert.equal(hasUnsaved(), false);
  assert.equal(decoded, 0);
  assert.match(refused[0], /^huge\.png: .*too many pixels/);
  assert.match(refused[1], /^report\.jpg: This is not a JPEG/);
  assert.match(refused[2], /^empty\.jpg: /);
});
