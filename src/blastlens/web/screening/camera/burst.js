/** Best of a burst: several frames are taken in a second, and the sharpest of those that stood still is kept. */

/** Frames of a burst, and the pause between them in milliseconds. */
const FRAMES = 6;
const PAUSE_MS = 120;

/**
 * @template T
 * @typedef {object} Shot
 * @property {T} frame
 * @property {import("./meter.js").Measurement} measured
 */

/**
 * Return whether one frame of a burst is better than another: first light, then rest, then detail.
 *
 * @param {import("./meter.js").Measurement} one
 * @param {import("./meter.js").Measurement} other
 */
export function isBetter(one, other) {
  const rank = (/** @type {import("./meter.js").Measurement} */ measured) => (measured.light === "good" ? 2 : 0) + (measured.isStill ? 1 : 0);
  return rank(one) === rank(other) ? one.detail > other.detail : rank(one) > rank(other);
}

/**
 * Take a burst and return its best frame; the others are given back at once, so that two are held at most.
 *
 * @template T
 * @param {object} parts
 * @param {() => Promise<Shot<T>>} parts.take takes a frame and measures it
 * @param {(frame: T) => void} parts.release gives a frame back
 * @param {(ms: number) => Promise<void>} parts.wait
 * @param {number} [parts.frames]
 * @returns {Promise<Shot<T>>}
 * @throws {Error} the camera gave no frame at all.
 */
export async function takeBurst({ take, release, wait, frames = FRAMES }) {
  /** @type {Shot<T> | null} */
  let best = null;
  /** @type {unknown} */
  let error = null;
  for (let number = 0; number < frames; number += 1) {
    if (number > 0) await wait(PAUSE_MS);
    try {
      const shot = await take();
      if (best && !isBetter(shot.measured, best.measured)) {
        release(shot.frame);
        continue;
      }
      if (best) release(best.frame);
      best = shot;
    } catch (failure) {
      error = failure;
    }
  }
  if (!best) throw error;
  return best;
}
