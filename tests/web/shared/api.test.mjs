/** Tests of the API client: what is sent again, what is not, and what a person reads. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, path } from "../../../src/blastlens/web/shared/api.js";
import { Problem } from "../../../src/blastlens/web/shared/problem.js";
import { addTexts } from "../../../src/blastlens/web/shared/texts.js";
import de from "../../../src/blastlens/web/shared/texts/de.js";
import en from "../../../src/blastlens/web/shared/texts/en.js";

addTexts({ en, de });

const json = (status, body, headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json", ...headers } });
const dropped = () => {
  throw new TypeError("fetch failed");
};

/** A client of a service that gives these answers one after the other. */
function makeClient(answers, { token = "token-1", onExpired = async () => false } = {}) {
  const sent = [];
  const waited = [];
  const seen = [];
  const fetch = async (url, init) => {
    sent.push({ url, ...init });
    const answer = answers[sent.length - 1];
    return typeof answer === "function" ? answer() : answer;
  };
  const api = new Api({
    token: async () => (typeof token === "function" ? token() : token),
    onExpired,
    fetch,
    wait: async (ms) => void waited.push(ms),
    onConnection: (offline) => void seen.push(offline),
  });
  return { api, sent, waited, seen };
}

test("a read is repeated after a dropped connection", async () => {
  const { api, sent, waited, seen } = makeClient([dropped, json(503, {}), json(200, { name: "Vogel" })]);
  assert.deepEqual(await api.get("/v1/me"), { name: "Vogel" });
  assert.equal(sent.length, 3);
  assert.deepEqual(waited, [500, 1500]);
  assert.deepEqual(seen, [true, false, false]);
});

test("a change without an id of its own is sent once", async () => {
  const { api, sent } = makeClient([dropped]);
  await assert.rejects(api.post("/v1/uploads", { patient_id: "p" }), (error) => error instanceof Problem && error.isOffline);
  assert.equal(sent.length, 1);
});

test("a change with an id is repeated with the same body", async () => {
  const { api, sent } = makeClient([dropped, json(200, {})]);
  await api.post("/v1/comments", { id: "one", text: "seen" });
  assert.equal(sent[0].body, sent[1].body);
});

test("a body that breaks off counts as not answered", async () => {
  const cut = () => new Response('{"examinations": [', { headers: { "Content-Type": "application/json" } });
  const { api } = makeClient([cut, json(200, { next: null })]);
  assert.deepEqual(await api.get("/v1/worklist"), { next: null });
});

test("a refusal is not repeated, and its sentence is shown", async () => {
  const refusal = { detail: "The fields changed: look at them again.", errors: [{ field: "basis", message: "old" }], examination: { status: "READY" } };
  const { api, sent } = makeClient([json(412, refusal)]);
  await assert.rejects(api.post("/v1/sign", { id: "one" }), (error) => {
    assert.equal(error.message, "The fields changed: look at them again.");
    assert.equal(error.body.examination.status, "READY");
    assert.deepEqual(error.errors, [{ field: "basis", message: "old" }]);
    return true;
  });
  assert.equal(sent.length, 1);
});

test("an expired token is renewed once, and the request repeated with the new one", async () => {
  let current = "old";
  const onExpired = async () => ((current = "new"), true);
  const { api, sent } = makeClient([json(401, {}), json(200, {})], { token: () => current, onExpired });
  await api.post("/v1/comments", { text: "without an id" });
  assert.deepEqual(sent.map((one) => one.headers.Authorization), ["Bearer old", "Bearer new"]);
});

test("a token that is refused twice ends in a sentence", async () => {
  const { api, sent } = makeClient([json(401, {}), json(401, {})], { onExpired: async () => true });
  await assert.rejects(api.get("/v1/me"), /not signed in any more/);
  assert.equal(sent.length, 2);
});

test("the pause is as long as the service asks for, but at most half a minute", async () => {
  const { api, waited } = makeClient([json(429, {}, { "Retry-After": "9000" }), json(200, {})]);
  await api.get("/v1/me");
  assert.deepEqual(waited, [30_000]);
});

test("a request that was ended by the page is not repeated", async () => {
  const ending = new AbortController();
  const { api, sent, seen } = makeClient([() => (ending.abort(), dropped())]);
  await assert.rejects(api.get("/v1/worklist", { signal: ending.signal }));
  assert.equal(sent.length, 1);
  assert.deepEqual(seen, []);
});

test("ids in paths and values in queries are encoded, and empty ones left out", async () => {
  const { api, sent } = makeClient([json(200, {})]);
  await api.get(path`/v1/patients/${"a/../b?"}`, { query: { next: "a&b", patient: "", from: null } });
  assert.equal(sent[0].url, "/v1/patients/a%2F..%2Fb%3F?next=a%26b");
});

test("where there is no token none is sent", async () => {
  const { api, sent } = makeClient([json(200, {})], { token: null });
  await api.get("/p/v1/examinations");
  assert.equal("Authorization" in sent[0].headers, false);
});
