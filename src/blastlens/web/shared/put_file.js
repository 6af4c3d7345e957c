/** Transfer of a file into storage. Only XMLHttpRequest reports how much of a file was sent. */

/** A transfer that makes no progress for so long has lost its connection. */
const STALLED_MS = 60_000;

/**
 * Put a file into storage.
 *
 * @param {{url: string, headers: Record<string, string>}} slot
 * @param {Blob} file
 * @param {(share: number) => void} onProgress
 * @param {AbortSignal} signal
 * @returns {Promise<number>} the status; 0 where the connection broke.
 */
export function putFile(slot, file, onProgress, signal) {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    let timer = 0;
    const abort = () => request.abort();
    const keepAlive = () => {
      clearTimeout(timer);
      timer = window.setTimeout(abort, STALLED_MS);
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
      signal.removeEventListener("abort", abort);
      if (signal.aborted) reject(signal.reason);
      else resolve(request.status);
    };
    signal.addEventListener("abort", abort);
    keepAlive();
    request.send(file);
  });
}
