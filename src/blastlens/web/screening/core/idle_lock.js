/**
 * Lock after a while without anybody: a phone stays at the microscope when people go.
 *
 * Time is the longer one of two clocks: one that only goes forward, so that setting the date back keeps nothing open, and the
 * device's date, because the first one stands still on many phones while they sleep.
 */

/** Time without a touch or a key, and time in the background, in milliseconds. */
const IDLE_MS = 15 * 60_000;
const HIDDEN_MS = 5 * 60_000;
const CHECK_EVERY_MS = 10_000;

/** What the clocks say, in milliseconds. @typedef {number[]} Instant */

const CLOCKS = [() => performance.now(), () => Date.now()];

export class IdleLock {
  /** @param {() => void} lock @param {(() => number)[]} [clocks] milliseconds */
  constructor(lock, clocks = CLOCKS) {
    this._lock = lock;
    this._clocks = clocks;
    /** @type {Instant} */
    this._touchedAt = this._now();
    /** @type {Instant | null} */
    this._hiddenAt = null;
  }

  /** Note that somebody is there; after too long a time it may be somebody else. */
  touch() {
    this.check();
    this._touchedAt = this._now();
  }

  /** Note that the page went to the background or came back. @param {boolean} isHidden */
  show(isHidden) {
    if (isHidden) this._hiddenAt ??= this._now();
    else {
      this.check();
      this._hiddenAt = null;
    }
  }

  /** Lock where it is time. */
  check() {
    const isHiddenLong = this._hiddenAt !== null && this._since(this._hiddenAt) >= HIDDEN_MS;
    if (isHiddenLong || this._since(this._touchedAt) >= IDLE_MS) this._lock();
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

  /** @returns {Instant} */
  _now() {
    return this._clocks.map((clock) => clock());
  }

  /** @param {Instant} before @returns {number} milliseconds */
  _since(before) {
    return Math.max(...this._now().map((now, place) => now - before[place]));
  }
}
