/** Tests of the lock after a while without anybody. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { IdleLock } from "../../../src/blastlens/web/screening/core/idle_lock.js";

const MINUTE = 60_000;

/** A lock whose clock the test moves on. */
function scene() {
  const state = { now: 0, locks: 0 };
  const lock = new IdleLock(() => (state.locks += 1), [() => state.now, () => state.date ?? state.now]);
  return { state, lock };
}

test("fifteen minutes without a touch lock, and a touch begins them anew", () => {
  const { state, lock } = scene();
  state.now = 14 * MINUTE;
  lock.check();
  lock.touch();
  state.now = 28 * MINUTE;
  lock.check();
  assert.equal(state.locks, 0);
  state.now = 29 * MINUTE;
  lock.check();
  assert.equal(state.locks, 1);
});

test("a touch after fifteen minutes locks too: timers may have stood still, and it may be somebody else", () => {
  const { state, lock } = scene();
  state.now = 16 * MINUTE;
  lock.touch();
  assert.equal(state.locks, 1);
});

test("a phone that slept locks, though its forward clock stood still; a date that is set back opens nothing", () => {
  const { state, lock } = scene();
  lock.show(true);
  state.date = 480 * MINUTE;
  lock.show(false);
  assert.equal(state.locks, 1);
  lock.touch();
  state.date = -480 * MINUTE;
  state.now = 15 * MINUTE;
  lock.check();
  assert.equal(state.locks, 3);
});

test("five minutes in the background lock, also where timers stood still", () => {
  const { state, lock } = scene();
  lock.show(true);
  state.now = 4 * MINUTE;
  lock.show(false);
  assert.equal(state.locks, 0);
  lock.touch();
  lock.show(true);
  state.now = 9 * MINUTE;
  lock.show(false);
  assert.equal(state.locks, 1);
});
