/** Requests of uploads: the service's API, and storage itself with its progress. */

import { path } from "../../shared/api.js";
import { Problem } from "../../shared/problem.js";
import { putFile } from "../../shared/put_file.js";
import { api } from "../context.js";

/** @type {import("./queue.js").Transport} */
export const transport = {
  start: (body) => api().post("/v1/uploads", body),
  put: putFile,
  async state(patient, examination, upload) {
    try {
      return await api().get(path`/v1/patients/${patient}/examinations/${examination}/uploads/${upload}/state`);
    } catch (error) {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    }
  },
  wait: waitForConnection,
};

/** Wait, but not longer than until the connection is back. @param {number} ms @returns {Promise<void>} */
function waitForConnection(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}
