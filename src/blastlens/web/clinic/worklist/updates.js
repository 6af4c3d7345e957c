/** Regular updates while the page is seen: seldom, and more seldom while the service does not answer. */

const EVERY_MS = 20_000;
const MOST_MS = 300_000;

/**
 * Call `update` regularly while the document is visible, and at once when it is seen again after a while.
 *
 * @param {() => Promise<void>} update
 * @returns {() => void} ends it.
 */
export function updateRegularly(update) {
  let pause = EVERY_MS;
  let last = Date.now();
  let timer = 0;
  let isEnded = false;

  const plan = (/** @type {number} */ ms) => {
    clearTimeout(timer);
    if (!isEnded && document.visibilityState === "visible") timer = window.setTimeout(run, ms);
  };
  const run = async () => {
    last = Date.now();
    try {
      await update();
      pause = EVERY_MS;
    } catch {
      pause = Math.min(pause * 2, MOST_MS);
    }
    plan(pause);
  };
  const seen = () => plan(Math.max(0, last + pause - Date.now()));
  document.addEventListener("visibilitychange", seen);
  plan(pause);
  return () => {
    isEnded = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}
