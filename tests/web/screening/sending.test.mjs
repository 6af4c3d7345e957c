/** Tests of sending on the page: who may sign out, and networks that answer in the service's place. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeTransport } from "../../../src/blastlens/web/screening/store/transport.js";
import { Api } from "../../../src/blastlens/web/shared/api.js";
import { makeDisk } from "./memory_database.mjs";
import { openUnlocked, takeExamination } from "./tabs.mjs";

const CONFIG = { authorize: "/authorize", token: "/token", logout: "/logout", client_id: "page" };
const ID = "3f2b8c1e-7d4a-4c55-9e0b-2a6f1d8c9b70";

globalThis.addEventListener = () => {};
globalThis.document = { addEventListener: () => {} };
Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
globalThis.sessionStorage = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
const { Sending } = await import("../../../src/blastlens/web/screening/store/sending.js");

/** Follow where the page goes, as seen from an address. */
function makeLocation(search = "") {
  const visited = [];
  globalThis.location = { origin: "https://page.example", search, assign: (url) => visited.push(url), replace: (url) => visited.push(url) };
  return visited;
}

test("a person who cannot send the images may sign out, so that another one can; the images stay", async () => {
  for (const [outcome, isFree] of [["another clinic", true], ["forbidden", true], ["offline", false], ["sent", false], [null, false]]) {
    const visited = makeLocation();
    const { store } = await openUnlocked(makeDisk());
    await takeExamination(store);
    const sending = new Sending(store, async () => CONFIG);
    sending.outcome = outcome;
    if (isFree) await sending.signOut();
    else await assert.rejects(sending.signOut(), { name: "NotPossible", reason: "unsent" });
    assert.deepEqual([visited.length, store.state, await store.unsent()], isFree ? [1, "locked", 3] : [0, "open", 3]);
  }
});

test("a network that answers every request with a page of its own is no network", async (context) => {
  context.mock.method(console, "warn", () => {});
  const page = () => new Response("<h1>Welcome to the guest network</h1>", { headers: { "Content-Type": "text/html" } });
  const { store } = await openUnlocked(makeDisk());
  for (const config of [async () => page().json(), async () => ({ welcome: true }), async () => Promise.reject(new TypeError("no network"))]) {
    const visited = makeLocation("?code=c&state=s");
    const sending = new Sending(store, config);
    await assert.rejects(sending.signIn(), { name: "Problem", status: 0 });
    await assert.rejects(sending.start(), { name: "Problem", status: 0 });
    assert.deepEqual(visited, []);
  }
  for (const answer of [page, () => Response.json({ welcome: true })]) {
    const transport = makeTransport(new Api({ token: async () => "token", onExpired: async () => false, fetch: async () => answer() }));
    await assert.rejects(transport.account(), { name: "Problem", status: 0 });
    await assert.rejects(transport.start({}), { name: "Problem", status: 0 });
    // Taken for the service's, it would erase an image that has not arrived.
    await assert.rejects(transport.state("p-1", ID, ID), { name: "Problem", status: 0 });
  }
});
