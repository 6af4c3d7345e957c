/** Tests of the addresses of scripts. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { trustedScript } from "../../../src/blastlens/web/shared/script_urls.js";

test("scripts of the page are admitted, and no other address", () => {
  for (const address of ["/p/service-worker.js", "/screening/service-worker.js", "/screening/litert/2.5.3/reading-worker.js"]) {
    assert.equal(trustedScript(address), address);
  }
  for (const address of ["//evil.example/p/service-worker.js", "/screening/litert/../reading-worker.js", "/screening/litert/a/b/reading-worker.js", "data:,alert(1)", ""]) {
    assert.throws(() => trustedScript(address), TypeError, address);
  }
});

test("one policy serves all addresses: the content policy admits no second one", () => {
  let made = 0;
  globalThis.trustedTypes = { createPolicy: (_name, rules) => ((made += 1), rules) };
  try {
    trustedScript("/p/service-worker.js");
    trustedScript("/screening/service-worker.js");
    assert.equal(made, 1);
  } finally {
    delete globalThis.trustedTypes;
  }
});
