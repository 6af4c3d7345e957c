/** Tests of a patient's session: in memory, ended by time, by the service and by the patient. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Session } from "../../../src/blastlens/web/patient/session.js";

const OPENED = { session: "token", expires_at: "2026-11-30T12:15:00Z", clinic: { name: null, contact: [] }, language: "de", push_key: null };

/** A service that answers each request by the next response, and keeps what was sent. */
function service(...answers) {
  const sent = [];
  const fetch = async (address, options) => {
    sent.push({ address: String(address), method: options.method, token: options.headers.Authorization, body: options.body });
    const [status, body] = answers.shift();
    const json = status >= 400 ? "application/problem+json" : "application/json";
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "content-type": json } });
  };
  return { fetch, sent };
}

test("code and PIN are sent in the body alone, and the token with what follows", async () => {
  const { fetch, sent } = service([201, OPENED], [200, { examinations: [] }]);
  const session = new Session({ onOver: () => {}, fetch });
  await session.open("code", "123456");
  await session.api.get("/p/v1/examinations");
  assert.deepEqual(JSON.parse(sent[0].body), { code: "code", pin: "123456" });
  assert.deepEqual(sent.map((one) => one.address), ["/p/v1/session", "/p/v1/examinations"]);
  assert.deepEqual(sent.map((one) => one.token), [undefined, "Bearer token"]);
  await session.close().catch(() => {});
});

test("a wrong PIN is sent once: each counts", async () => {
  const { fetch, sent } = service([401, { detail: "Code and PIN open nothing together." }]);
  let over = 0;
  const session = new Session({ onOver: () => (over += 1), fetch });
  await assert.rejects(session.open("code", "123456"), /open nothing/);
  assert.deepEqual([sent.length, over, session.opened], [1, 0, null]);
});

test("a session that the service has ended is over here", async () => {
  const { fetch } = service([201, OPENED], [401, { detail: "Sign in again." }]);
  let over = 0;
  const session = new Session({ onOver: () => (over += 1), fetch });
  await session.open("code", "123456");
  await assert.rejects(session.api.get("/p/v1/examinations"), /Sign in again/);
  assert.deepEqual([over, session.opened], [1, null]);
});

test("a session is over after fifteen minutes", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { fetch } = service([201, OPENED]);
  let over = 0;
  const session = new Session({ onOver: () => (over += 1), fetch });
  const opening = session.open("code", "123456");
  await opening;
  mock.timers.tick(15 * 60 * 1000 - 1);
  assert.equal(over, 0);
  mock.timers.tick(1);
  assert.deepEqual([over, session.opened], [1, null]);
  mock.timers.reset();
});

test("signing out ends the session here, also without a network", async () => {
  const { fetch, sent } = service([201, OPENED], [500, {}]);
  let over = 0;
  const session = new Session({ onOver: () => (over += 1), fetch });
  await session.open("code", "123456");
  await session.close();
  assert.deepEqual([over, session.opened, sent.at(-1).method], [1, null, "DELETE"]);
});
