/** Pointers on an element as drags, pinches and taps, for mouse, pen and fingers alike. */

const TAP_DISTANCE = 5; // CSS pixels

/** @typedef {{x: number, y: number}} Point in the element */

/** Follows the pointers of an element, and calls what they mean. */
export class PointerTracker {
  /**
   * @param {HTMLElement} element
   * @param {{start: (point: Point) => void, drag: (right: number, down: number, point: Point) => void,
   *   pinch: (factor: number, middle: Point) => void, tap: (event: PointerEvent) => void}} meanings
   */
  constructor(element, meanings) {
    this.element = element;
    this.meanings = meanings;
    /** @type {Map<number, Point>} */
    this.pointers = new Map();
    this.distance = 0;
    element.addEventListener("pointerdown", (event) => this.#onDown(event));
    element.addEventListener("pointermove", (event) => this.#onMove(event));
    element.addEventListener("pointerup", (event) => this.#onUp(event));
    element.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
  }

  /** @param {PointerEvent} event */
  #onDown(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    const point = this.#pointOf(event);
    this.pointers.set(event.pointerId, point);
    this.distance = this.pointers.size === 1 ? 0 : Infinity;
    if (this.pointers.size === 1) this.meanings.start(point);
  }

  /** @param {PointerEvent} event */
  #onMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const point = this.#pointOf(event);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, point);
    if (other) return this.#onPinch(before, point, other);
    this.distance += Math.hypot(point.x - before.x, point.y - before.y);
    if (this.distance > TAP_DISTANCE) this.meanings.drag(point.x - before.x, point.y - before.y, point);
  }

  /** @param {Point} before @param {Point} point @param {Point} other */
  #onPinch(before, point, other) {
    const length = (/** @type {Point} */ one) => Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
    const middle = { x: (point.x + other.x) / 2, y: (point.y + other.y) / 2 };
    this.meanings.pinch(length(point) / length(before), middle);
    this.meanings.drag((point.x - before.x) / 2, (point.y - before.y) / 2, middle);
  }

  /** @param {PointerEvent} event */
  #onUp(event) {
    const isTap = this.pointers.has(event.pointerId) && this.distance <= TAP_DISTANCE;
    this.pointers.delete(event.pointerId);
    if (isTap) this.meanings.tap(event);
  }

  /** @param {PointerEvent} event @returns {Point} */
  #pointOf(event) {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}
