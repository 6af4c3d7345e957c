/** Filters of the worklist, as they stand in the address. */

import { href } from "../../shared/router.js";
import { NO_FILTERS } from "./store.js";

/** @typedef {import("./store.js").Filters} Filters */

export const SHOWN = ["all", "unsigned", "uncertain", "malignant", "insufficient", "disagreeing"];

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Return the filters of an address; what is not valid counts as not given. @param {URLSearchParams} query @returns {Filters} */
export function readFilters(query) {
  const show = query.get("show") ?? "";
  const day = (/** @type {string} */ name) => (DAY.test(query.get(name) ?? "") ? String(query.get(name)) : "");
  return {
    show: SHOWN.includes(show) ? show : NO_FILTERS.show,
    patient: (query.get("patient") ?? "").trim(),
    from: day("from"),
    to: day("to"),
  };
}

/** Return the address of the worklist with filters. @param {Filters} filters */
export function worklistAddress(filters) {
  return href("/worklist", { ...filters, show: filters.show === NO_FILTERS.show ? "" : filters.show });
}
