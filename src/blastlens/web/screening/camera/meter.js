/**
 * Meter of the live camera: what of light, rest and focus a photograph would have now, and what to do first.
 *
 * It measures a frame of FRAME_SIDE pixels, and half of it for the limit of the service.
 */

import { measureFocus } from "./focus.js";
import { halve, histogram, momentsOf, toGrey } from "./grey_frame.js";
import { findVignette, maskOf } from "./vignette.js";

/** Longest side of the frames to measure, in pixels: twice the side at which the service measures focus. */
export const FRAME_SIDE = 448;

/** Time between two measurements, in milliseconds. */
export const EVERY_MS = 125;

/** The service refuses images below 2.0; real smears have at least 3.5 (QualityLimits in imaging/quality.py). */
const LEAST_FOCUS = 3;
/** A frame is sharp from this share of the best focus lately: turning further would not show. */
const SHARP = 0.75;
/** Half-life of the best focus lately: another field has another best. */
const HALF_LIFE_MS = 15_000;
/** Limits of brightness, 0 to 1: the service refuses below 0.35. */
const LEAST_BRIGHTNESS = 0.4;
const GREATEST_BRIGHTNESS = 0.97;
/** Share of clipped pixels: with more than 0.131 the model's answer is left open (ADR 0030). */
const MOST_WHITE = 0.12;
/** Below this contrast, 0 to 1, there is nothing in the field. */
const LEAST_CONTRAST = 0.02;
/** Mean change from frame to frame as a share of the mean: more is a stage that moves. */
const MOST_MOTION = 0.045;

/** @typedef {"dark" | "bright" | "good"} Light */
/** @typedef {"blurred" | "soft" | "sharp"} Sharpness */
/** @typedef {"dark" | "bright" | "empty" | "moving" | "blurred" | "soft" | "ready"} Advice what to correct first; a text of the page for each */

/**
 * @typedef {object} Measurement
 * @property {number} focus grey levels squared at the side at which the service measures it
 * @property {number} detail the same at FRAME_SIDE: it finds the better of two frames
 * @property {number} level share of the best detail lately, 0 to 1
 * @property {number} brightness mean, 0 to 1
 * @property {number} white share of clipped pixels
 * @property {number} contrast standard deviation, 0 to 1
 * @property {number} motion share of the mean
 * @property {Light} light
 * @property {Sharpness} sharpness
 * @property {boolean} isStill
 * @property {Advice} advice
 * @property {import("./vignette.js").Circle | null} circle disc of the eyepiece
 */

export class Meter {
  constructor() {
    this._best = 0;
    this._at = 0;
    /** @type {import("./grey_frame.js").GreyFrame | null} */
    this._before = null;
  }

  /**
   * Measure a frame.
   *
   * @param {{data: Uint8ClampedArray | Uint8Array, width: number, height: number}} frame RGBA
   * @param {number} at time in milliseconds
   * @returns {Measurement}
   */
  measure(frame, at) {
    const grey = toGrey(frame.data, frame.width, frame.height);
    const small = halve(grey);
    const circle = findVignette(small);
    const inside = maskOf(circle, grey.width, grey.height);
    const insideSmall = maskOf(circle, small.width, small.height);
    const exposure = measureExposure(grey, inside);
    const detail = measureFocus(grey, inside);
    const focus = measureFocus(small, insideSmall);
    const motion = measureMotion(this._before, small, insideSmall);
    this._best = Math.max(detail, this._best * 0.5 ** (Math.max(0, at - this._at) / HALF_LIFE_MS));
    this._at = at;
    this._before = small;
    const level = this._best > 0 ? detail / this._best : 0;
    return judge({ focus, detail, level, motion, circle, ...exposure });
  }
}

/**
 * Return brightness, contrast and clipped share inside of the disc.
 *
 * @param {import("./grey_frame.js").GreyFrame & {white: Uint8Array}} grey
 * @param {Uint8Array | null} inside
 */
export function measureExposure(grey, inside) {
  const { mean, deviation } = momentsOf(histogram(grey.data, inside));
  let [number, white] = [0, 0];
  for (let place = 0; place < grey.white.length; place += 1) {
    if (inside && !inside[place]) continue;
    number += 1;
    white += grey.white[place];
  }
  return { brightness: mean / 255, contrast: deviation / 255, white: number ? white / number : 0 };
}

/**
 * Return the mean change between two frames as a share of the mean level; 0 where there is no frame before.
 *
 * @param {import("./grey_frame.js").GreyFrame | null} before
 * @param {import("./grey_frame.js").GreyFrame} now
 * @param {Uint8Array | null} inside
 */
export function measureMotion(before, now, inside) {
  if (!before || before.data.length !== now.data.length) return 0;
  let [change, sum] = [0, 0];
  for (let place = 0; place < now.data.length; place += 1) {
    if (inside && !inside[place]) continue;
    change += Math.abs(now.data[place] - before.data[place]);
    sum += now.data[place];
  }
  return sum > 0 ? change / sum : 0;
}

/** Compare measurements with the limits. @param {Omit<Measurement, "light" | "sharpness" | "isStill" | "advice">} measured @returns {Measurement} */
export function judge(measured) {
  const isEmpty = measured.contrast < LEAST_CONTRAST;
  /** @type {Light} */
  const light = measured.brightness < LEAST_BRIGHTNESS ? "dark"
    : measured.brightness > GREATEST_BRIGHTNESS || measured.white > MOST_WHITE ? "bright" : "good";
  /** @type {Sharpness} */
  const sharpness = measured.focus < LEAST_FOCUS ? "blurred" : measured.level < SHARP ? "soft" : "sharp";
  const isStill = measured.motion <= MOST_MOTION;
  /** @type {Advice} */
  const advice = light !== "good" ? light : isEmpty ? "empty" : !isStill ? "moving" : sharpness === "sharp" ? "ready" : sharpness;
  return { ...measured, light, sharpness, isStill, advice };
}
