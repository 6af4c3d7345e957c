/** Tests of answers that the service neither sends nor records again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { LastAnswers } from "../../../src/blastlens/web/clinic/worklist/last_answers.js";

/** A service whose answer is `state.body`, and whose ETag is `state.etag`. */
function makeService(state) {
  const sent = [];
  const ask = async (headers) => {
    sent.push(headers?.["If-None-Match"] ?? null);
    if (headers?.["If-None-Match"] === state.etag) throw Object.assign(new Error(), { status: 304 });
    if (state.error) throw state.error;
    return { body: state.body, etag: state.etag };
  };
  return { ask, sent };
}

test("an answer that did not change is the last one, with the time at which it was asked for", async () => {
  const state = { body: { examinations: [1], as_of: "2000-01-01T00:00:00Z" }, etag: '"1"' };
  const { ask, sent } = makeService(state);
  const answers = new LastAnswers();
  await answers.get("a", ask);
  const again = await answers.get("a", ask);
  assert.deepEqual(again.examinations, [1]);
  assert.ok(again.as_of > state.body.as_of);
  assert.deepEqual(sent, [null, '"1"']);
});

test("an answer that changed replaces the last one, and other questions have their own", async () => {
  const state = { body: { examinations: [1] }, etag: '"1"' };
  const { ask, sent } = makeService(state);
  const answers = new LastAnswers();
  await answers.get("a", ask);
  Object.assign(state, { body: { examinations: [2] }, etag: '"2"' });
  assert.deepEqual((await answers.get("a", ask)).examinations, [2]);
  await answers.get("b", ask);
  assert.deepEqual(sent, [null, '"1"', null]);
});

test("a failure is a failure, and few answers are kept", async () => {
  const state = { body: {}, etag: '"1"' };
  const { ask, sent } = makeService(state);
  const answers = new LastAnswers();
  for (let number = 0; number < 9; number += 1) await answers.get(String(number), ask);
  await answers.get("0", ask);
  assert.equal(sent.at(-1), null);
  state.etag = '"2"';
  state.error = Object.assign(new Error(), { status: 503 });
  await assert.rejects(answers.get("8", ask), { status: 503 });
});
