/**
 * Shutter without hands: takes a photograph when a new field has come to rest and is sharp.
 *
 * After a photograph it waits for the stage to be moved, so that one field is taken once.
 */

/** Measurements in a row that have to be ready: about a second. */
const STEADY = 8;
/** Measurements in a row with motion that count as another field. */
const MOVED = 3;

export class AutoShutter {
  constructor() {
    this._ready = 0;
    this._moving = 0;
    this._isArmed = true;
  }

  /** Whether it waits for the stage to be moved. */
  get waitsForMove() {
    return !this._isArmed;
  }

  /** Note that a photograph was taken, also by hand. */
  taken() {
    this._isArmed = false;
    this._ready = 0;
    this._moving = 0;
  }

  /**
   * Note a measurement, and return whether to take a photograph now.
   *
   * @param {Pick<import("../camera/meter.js").Measurement, "advice" | "isStill">} measured
   */
  add(measured) {
    this._moving = measured.isStill ? 0 : this._moving + 1;
    if (this._moving >= MOVED) this._isArmed = true;
    this._ready = measured.advice === "ready" ? this._ready + 1 : 0;
    return this._isArmed && this._ready >= STEADY;
  }
}
