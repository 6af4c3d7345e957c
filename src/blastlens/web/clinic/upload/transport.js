/** Requests of uploads: the service's API, and storage itself with its progress. */

import { path } from "../../shared/api.js";
import { Problem } from "../../shared/problem.js";
import { api } from "../context.js";

/** A transfer that makes no progress for so long has lost its connection. */
const STALLED_MS = 60_000;

/** @type {import("./queue.js").Transport} */
export const transport = {
  start: (body) => api().post("/v1/uploads", body),
  put,
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

/**
 * Put a file into storage. Only XMLHttpRequest reports how much of a file was sent.
 *
 * @param {{url: string, headers: Record<string, string>}} slot
 * @param {File} file
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the status; 0 where the connection broke.
 */
function put(slot, file, onProgress, signal) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    let timer = 0;
    const keepAlive = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => request.abort(), STALLED_MS);
    };
    request.open("PUT", slot.url);
    // The browser sets the length itself, and refuses to have it set.
    for (const [name, value] of Object.entries(slot.headers)) if (!/^(content-length|host)$/i.test(name)) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => {
      keepAlive();
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onloadend = () => {
      clearTimeout(timer);
      if (signal.aborted) reject(signal.reason);
      else resolve(request.status);
    };
    signal.addEventListener("abort", () => request.abort(), { once: true });
    keepAlive();
    request.send(file);
  });
}

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
