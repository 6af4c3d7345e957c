/** The worklist of this tab: views share it, so that an examination knows its neighbours. */

import { api } from "../context.js";
import { PAGE_ROWS, Worklist } from "./store.js";

export const worklist = new Worklist((filters, cursor, signal) => {
  const { show, patient, from, to } = filters;
  return api().get("/v1/worklist", { query: { show, patient, from, to, limit: PAGE_ROWS, next: cursor }, signal });
});
