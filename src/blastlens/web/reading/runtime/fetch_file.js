/** Files of a package over HTTP, or from the cache of the service worker. */

/** A file could not be loaded: there is no network, or the server answered with an error. */
export class NotLoaded extends Error {
  /** @param {string} address @param {unknown} cause */
  constructor(address, cause) {
    super(`${address} could not be loaded: ${cause instanceof Error ? cause.message : cause}.`);
    this.name = "NotLoaded";
  }
}

/**
 * @param {string} address
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} count receives the length of each piece that arrives
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 * @throws {NotLoaded}
 */
export async function fetchFile(address, signal, count) {
  try {
    const response = await fetch(address, { signal });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
    return await readAll(response.body, count);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new NotLoaded(address, error);
  }
}

/** @param {ReadableStream<Uint8Array>} body @param {(bytes: number) => void} count */
async function readAll(body, count) {
  const pieces = [];
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
    count(next.value.length);
  }
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  pieces.reduce((at, piece) => (whole.set(piece, at), at + piece.length), 0);
  return whole;
}
