/**
 * Lock after a while without anybody: a phone stays at the microscope when people go.
 *
 * Time is measured by a clock that only goes forward: a phone whose date is set back or ahead locks as others do.
 */

/** Time without a touch or a key, and time in the background, in milliseconds. */
const IDLE_MS = 15 * 60_000;
const HIDDEN_MS = 5 * 60_000;
const CHECK_EVERY_MS = 10_000;

export class IdleLock {
  /** @param {() => void} lock @param {() => number} [now] milliseconds, only forward */
  constructor(lock, now = () => performance.now()) {
    this._lock = lock;
    this._now = now;
    this._touchedAt = now();
    /** @type {number | null} */
    this._hiddenAt = null;
  }

  /** Note that somebody is there. */
  touch() {
    this._touchedAt = this._now();
  }

  /** Note that the page went to the background or came back. @param {boolean} isHidden */
  show(isHidden) {
    if (isHidden) this._hiddenAt ??= this._now();
    else {
      const isLong = this._hiddenAt !== null && this._now() - this._hiddenAt >= HIDDEN_MS;
      this._hiddenAt = null;
      if (isLong) this._lock();
    }
  }

  /** Lock where it is time. */
  check() {
    const isHiddenLong = this._hiddenAt !== null && this._now() - this._hiddenAt >= HIDDEN_MS;
    if (isHiddenLong || this._now() - this._touchedAt >= IDLE_MS) this._lock();
  }

  /** Listen from now on. @returns {() => void} ends it. */
  start() {
    const onTouch = () => this.touch();
    const onShow = () => this.show(document.hidden);
    const timer = setInterval(() => this.check(), CHECK_EVERY_MS);
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, onTouch, { capture: true });
    document.addEventListener("visibilitychange", onShow);
    return () => {
      clearInterval(timer);
      for (const name of ["pointerdown", "keydown"]) removeEventListener(name, onTouch, { capture: true });
      document.removeEventListener("visibilitychange", onShow);
    };
  }
}
