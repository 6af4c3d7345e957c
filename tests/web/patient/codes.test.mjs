/** Tests of access codes as people type them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { groupCode, readCode, readPin, takeCode } from "../../../src/blastlens/web/patient/codes.js";
import { idOf } from "../../../src/blastlens/web/patient/push.js";

const CODE = "7garc8858q1gx9c5996nqqd40w";

test("a code is read as it is printed and as people type it", () => {
  assert.equal(readCode(CODE), CODE);
  assert.equal(readCode(` ${groupCode(CODE).toUpperCase()} `), CODE);
  assert.equal(readCode(CODE.replace("1", "l").replace("0", "O").replace("g", "-g ")), CODE);
});

test("what cannot be a code is null", () => {
  for (const typed of ["", "abc", CODE.slice(1), `${CODE}0`, "u".repeat(26), "é".repeat(26)]) assert.equal(readCode(typed), null, typed);
});

test("a PIN has six digits, however they are grouped", () => {
  assert.equal(readPin("012 345"), "012345");
  for (const typed of ["", "12345", "1234567", "12a456", "٣٣٣٣٣٣"]) assert.equal(readPin(typed), null, typed);
});

test("the code of a link is taken out of the address and of the history", () => {
  const replaced = [];
  const history = { replaceState: (...given) => replaced.push(given) };
  assert.equal(takeCode({ hash: `#${CODE}`, pathname: "/p/" }, history), CODE);
  assert.deepEqual(replaced, [[null, "", "/p/"]]);
  assert.equal(takeCode({ hash: "#%E0%A4%A", pathname: "/p/" }, history), null);
  assert.equal(replaced.length, 2);
  assert.equal(takeCode({ hash: "", pathname: "/p/" }, history), null);
  assert.equal(replaced.length, 2);
});

test("the id of a browser is the one that the service derives", async () => {
  assert.equal(await idOf("https://a"), "44f833239a3830c06cd05a0469cc989d");
});
