/** The worklist of this tab: views share it, so that an examination knows its neighbours. */

import { language } from "../../shared/texts.js";
import { api } from "../context.js";
import { LastAnswers } from "./last_answers.js";
import { PAGE_ROWS, Worklist } from "./store.js";

const answers = new LastAnswers();

export const worklist = new Worklist((filters, cursor, signal) => {
  const { show, patient, from, to } = filters;
  const query = { show, patient, from, to, limit: PAGE_ROWS, next: cursor };
  return answers.get(JSON.stringify([query, language()]), (headers) =>
    api().send("GET", "/v1/worklist", undefined, { query, signal, headers, repeats: true }),
  );
});
