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
      expectService(typeof body?.clinic_id === "string");
      const serviceTime = Date.parse(response.headers.get("Date") ?? "");
      return { person: body, clinic: body.clinic_id, serviceTime: Number.isNaN(serviceTime) ? null : serviceTime };
    },
    async start(body) {
      const slot = await api.post("/v1/uploads", body);
      expectService(typeof slot?.url === "string" && typeof slot.headers === "object");
      return slot;
    },
    put: putFile,
    async state(patient, examination, upload) {
      try {
        const state = await api.get(path`/v1/patients/${patient}/examinations/${examination}/uploads/${upload}/state`, { repeats: false });
        expectService(state?.upload_id === upload);
        return state;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    wait: waitForConnection,
  };
}

/**
 * Take an answer of somebody else for none: networks that ask for a sign-in of their own answer every request with 200 and a page.
 *
 * @param {boolean} isService whether the answer has what the service's has
 * @throws {Problem}
 */
function expectService(isService) {
  if (!isService) throw new Problem(0, {});
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
