/** Tests of sign-in by authorization code with PKCE, against a provider in memory. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

const storage = new Map();
globalThis.sessionStorage = {
  getItem: (name) => storage.get(name) ?? null,
  setItem: (name, value) => void storage.set(name, value),
  removeItem: (name) => void storage.delete(name),
};

const { SignInRefused, authorizeUrl, challengeOf, finishSignIn, leaveToSignIn, newAttempt, signInBeside } = await import(
  "../../../src/blastlens/web/shared/sign_in.js"
);
const { Session } = await import("../../../src/blastlens/web/shared/session.js");

const PROVIDER = { authorize: "https://provider.test/authorize", token: "https://provider.test/token", logout: "https://provider.test/logout", client_id: "client" };
const ORIGIN = "https://page.test";

let left = "";
let shown = "";
let requests = [];
let answers = [];

beforeEach(() => {
  storage.clear();
  [left, shown, requests, answers] = ["", "", [], []];
  open("/");
  globalThis.history = { replaceState: (_state, _title, address) => (shown = address) };
  globalThis.fetch = async (_url, { body }) => {
    requests.push(Object.fromEntries(body));
    const { status, json } = answers.shift() ?? { status: 200, json: { id_token: "one", refresh_token: "r", expires_in: 3600 } };
    return new Response(JSON.stringify(json), { status });
  };
});
afterEach(() => delete globalThis.window);

/** Let the page stand at an address. */
function open(address) {
  const url = new URL(address, ORIGIN);
  globalThis.location = { origin: ORIGIN, search: url.search, hash: url.hash, assign: (to) => (left = to), replace: (to) => (left = to) };
}

test("the challenge is that of RFC 7636, appendix B", async () => {
  assert.equal(await challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
});

test("a sign-in comes back to where it started, with a clean address", async () => {
  await leaveToSignIn(PROVIDER, "/patients/p-1");
  const asked = new URL(left).searchParams;
  assert.equal(asked.get("code_challenge_method"), "S256");
  assert.equal(asked.get("redirect_uri"), `${ORIGIN}/`);
  assert.doesNotMatch(left, /p-1/);
  open(`/?code=abc&state=${asked.get("state")}`);
  const finished = await finishSignIn(PROVIDER);
  assert.equal(finished.tokens.id_token, "one");
  assert.equal(finished.address, "/patients/p-1");
  assert.equal(shown, "/#/patients/p-1");
  assert.equal(await challengeOf(requests[0].code_verifier), asked.get("code_challenge"));
  assert.equal(storage.size, 0);
});

test("the screening page signs in and out at its own address", async () => {
  const screening = { ...PROVIDER, page: "/screening/" };
  await leaveToSignIn(screening, "");
  const asked = new URL(left).searchParams;
  assert.equal(asked.get("redirect_uri"), `${ORIGIN}/screening/`);
  open(`/screening/?code=abc&state=${asked.get("state")}`);
  const session = new Session(screening);
  assert.equal(await session.finish(), "signed in");
  assert.equal(requests[0].redirect_uri, `${ORIGIN}/screening/`);
  assert.equal(shown, "/screening/");
  session.signOut();
  assert.equal(new URL(left).searchParams.get("logout_uri"), `${ORIGIN}/screening/`);
});

test("a page that only takes over a sign-in starts none by itself", async () => {
  await signedIn();
  left = "";
  open("/screening/");
  assert.equal(await new Session({ ...PROVIDER, page: "/screening/" }).finish(), null);
  assert.equal(left, "");
});

test("a code that this tab did not ask for signs nobody in", async () => {
  await leaveToSignIn(PROVIDER, "");
  open("/?code=stolen&state=another");
  assert.equal(await finishSignIn(PROVIDER), null);
  assert.deepEqual(requests, []);
  assert.equal(shown, "/");
});

test("a refusal of the provider is an error with its code", async () => {
  await leaveToSignIn(PROVIDER, "");
  open(`/?error=access_denied&state=${new URL(left).searchParams.get("state")}`);
  await assert.rejects(finishSignIn(PROVIDER), (error) => error instanceof SignInRefused && error.code === "access_denied");
});

test("a second window hands its code to the first one, which keeps everything", async () => {
  const opened = { location: { href: "" } };
  globalThis.window = { open: () => opened };
  const ending = new AbortController();
  const tokens = signInBeside(PROVIDER, ending.signal);
  while (!opened.location.href) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 5));
  open(`/?code=beside&state=${new URL(opened.location.href).searchParams.get("state")}`);
  assert.equal(await finishSignIn(PROVIDER), "handed over");
  assert.equal((await tokens).id_token, "one");
  assert.equal(requests[0].code, "beside");
});

test("two attempts share neither state nor verifier", async () => {
  const [one, other] = [newAttempt(""), newAttempt("")];
  assert.notEqual(one.state, other.state);
  assert.notEqual(one.verifier, other.verifier);
  assert.notEqual(await authorizeUrl(PROVIDER, one), await authorizeUrl(PROVIDER, other));
});

/** A session that has just signed in. */
async function signedIn() {
  const session = new Session(PROVIDER);
  await session.start("/worklist");
  open(`/?code=abc&state=${new URL(left).searchParams.get("state")}`);
  assert.equal(await session.start(""), "signed in");
  return session;
}

test("a token that ends soon is renewed once for all requests", async () => {
  answers = [{ status: 200, json: { id_token: "short", refresh_token: "r", expires_in: 30 } }, { status: 200, json: { id_token: "long", expires_in: 3600 } }];
  const session = await signedIn();
  assert.deepEqual(await Promise.all([session.token(), session.token()]), ["long", "long"]);
  assert.deepEqual(requests.map((one) => one.grant_type), ["authorization_code", "refresh_token"]);
});

test("where the session cannot be renewed the person is asked", async () => {
  const session = await signedIn();
  answers = [{ status: 400, json: { error: "invalid_grant" } }];
  session.askAgain = async () => true;
  assert.equal(await session.onExpired(), true);
});

test("a provider that does not answer asks nobody to sign in", async () => {
  const session = await signedIn();
  globalThis.fetch = async () => {
    throw new TypeError("fetch failed");
  };
  session.askAgain = async () => assert.fail("asked");
  assert.equal(await session.onExpired(), false);
});

test("a first visit waits for a click, and a reload signs in by itself", async () => {
  assert.equal(await new Session(PROVIDER).start(""), "signed out");
  assert.equal(left, "");
  await signedIn();
  open("/#/worklist");
  assert.equal(await new Session(PROVIDER).start(""), "leaving");
});

test("after signing out nobody is signed in by a reload", async () => {
  const session = await signedIn();
  session.signOut();
  assert.match(left, /^https:\/\/provider.test\/logout\?client_id=client&logout_uri=/);
  assert.equal(await session.token(), null);
  open("/");
  assert.equal(await new Session(PROVIDER).start(""), "signed out");
});

test("no token is ever stored", async () => {
  await signedIn();
  assert.doesNotMatch([...storage.values()].join(), /one|refresh/);
});
