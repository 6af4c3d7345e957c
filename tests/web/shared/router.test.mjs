/** Tests of routes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { href, matchRoute } from "../../../src/blastlens/web/shared/router.js";

const ROUTES = ["/worklist", "/patients/:patient", "/patients/:patient/examinations/:examination"].map((pattern) => ({
  name: pattern,
  pattern,
  element: "x-y",
  load: async () => undefined,
}));

test("parameters are decoded, and the query is kept apart", () => {
  const route = matchRoute(ROUTES, "#/patients/p%2D1/examinations/e_2?field=3");
  assert.deepEqual(route?.params, { patient: "p-1", examination: "e_2" });
  assert.equal(route?.query.get("field"), "3");
});

test("addresses without a route have none", () => {
  for (const hash of ["#/nothing", "#/patients/", "#/patients/a/b", "#/patients/%E0%A4%A", "#//worklist"]) {
    assert.equal(matchRoute(ROUTES, hash), null, hash);
  }
});

test("a link leaves out what is empty", () => {
  assert.equal(href("/worklist", { show: "unsigned", patient: "", from: null }), "#/worklist?show=unsigned");
  assert.equal(href("/worklist", { show: undefined }), "#/worklist");
});
