/** Requests of the queue: the service's API, and storage itself. */

import { path } from "../../shared/api.js";
import { Problem } from "../../shared/problem.js";
import { putFile } from "../../shared/put_file.js";

/**
 * Return the transport as the signed-in person.
 *
 * @param {import("../../shared/api.js").Api} api
 * @returns {import("./queue.js").Transport}
 */
export function makeTransport(api) {
  return {
    async account() {
      const { body, response } = await api.send("GET", "/v1/me", undefined, {});
      const serviceTime = Date.parse(response.headers.get("Date") ?? "");
      return { person: body, clinic: body.clinic_id, serviceTime: Number.isNaN(serviceTime) ? null : serviceTime };
    },
    start: (body) => api.post("/v1/uploads", body),
    put: putFile,
    async state(patient, examination, upload) {
      try {
        return await api.get(path`/v1/patients/${patient}/examinations/${examination}/uploads/${upload}/state`, { repeats: false });
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    wait: waitForConnection,
  };
}

/** Wait, but not longer than until the connection is back. @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function waitForConnection(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
