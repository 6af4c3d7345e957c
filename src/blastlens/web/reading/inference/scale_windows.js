/** Windows of a field that the scale model reads: placed by contrast and distance (inference/scale_windows.py). */

import { greatestIndex, roundHalfEven } from "../imaging/numbers.js";
import { integral } from "../opencv/arithmetic.js";
import { resize } from "../opencv/resize.js";
import { Raster, sample, takeChannel } from "../raster.js";

const SAMPLES = 160;
const MOST_PLACES = 9;
const SPREAD = 0.5;
const LEAST_USABLE = 0.7;
const LEAST_CONTRAST = 1e-9;

/**
 * A square part of an image: its left and top edge, and its side, in px.
 *
 * @typedef {{left: number, top: number, side: number}} ScaleWindow
 */

/**
 * Choose square windows of a side where an image has most contrast, and far from each other.
 *
 * @param {{width: number, height: number}} image
 * @param {Contrasts} contrasts of the image
 * @param {number} side of the windows in px, at most the shorter side of the image
 * @param {number} count largest number of windows; fewer where more would be nearly the same
 * @returns {ScaleWindow[]}
 */
export function chooseWindows(image, contrasts, side, count) {
  const columns = listPlaces(image.width, side);
  const candidates = listPlaces(image.height, side).flatMap((top) => columns.map((left) => ({ left, top, side })));
  if (candidates.length === 1) return candidates;
  const scores = contrasts.score(candidates);
  const nearness = candidates.map(() => 0);
  /** @type {ScaleWindow[]} */
  const chosen = [];
  while (chosen.length < Math.min(count, candidates.length)) {
    const best = greatestIndex(scores.map((value, index) => value - nearness[index]));
    if (chosen.length > 0 && scores[best] <= 0) break;
    chosen.push(candidates[best]);
    scores[best] = -Infinity;
    candidates.forEach((each, index) => {
      const apart = Math.max(Math.abs(each.left - candidates[best].left), Math.abs(each.top - candidates[best].top));
      nearness[index] += Math.max(0, 1 - apart / side); // overlapping windows say the same
      nearness[index] += Math.max(0, SPREAD - apart / Math.max(image.width, image.height));
    });
  }
  return chosen;
}

/** Return the first pixels of windows along an axis: half a window apart, at most nine. @param {number} size @param {number} side */
function listPlaces(size, side) {
  const free = size - side;
  const steps = Math.min(MOST_PLACES - 1, Math.max(0, roundHalfEven((2 * free) / side)));
  if (free < Math.floor(side / 10) || steps === 0) return [Math.floor(free / 2)];
  return Array.from({ length: steps + 1 }, (_, step) => roundHalfEven((step * free) / steps));
}

/** Sums of the green channel of every n-th pixel of an image, from which the contrast of any window follows. */
export class Contrasts {
  /**
   * @param {Raster} image RGB
   * @param {Raster | null} usable of any size, 0 outside of the usable area; null for all of it
   */
  constructor(image, usable) {
    this.step = Math.max(1, Math.floor(Math.max(image.width, image.height) / SAMPLES));
    const { width, height, data } = takeChannel(sample(image, this.step), 1);
    const inside = usable === null ? null : resize(usable, width, height, "nearest").data;
    const [counts, values, squares] = [0, 1, 2].map(() => new Float64Array(data.length));
    for (let place = 0; place < data.length; place++) {
      if (inside !== null && inside[place] === 0) continue;
      counts[place] = 1;
      values[place] = data[place];
      squares[place] = data[place] * data[place];
    }
    this.tables = [counts, values, squares].map((each) => integral(new Raster(width, height, 1, each)));
  }

  /**
   * Return the contrast of each window over the highest, 0 to 1; 0 outside of the usable area.
   *
   * @param {readonly ScaleWindow[]} windows
   * @returns {number[]}
   */
  score(windows) {
    const contrasts = windows.map((window) => this.measure(window));
    const most = Math.max(...contrasts, LEAST_CONTRAST);
    return contrasts.map((contrast) => contrast / most);
  }

  /**
   * Return the deviation of the green channel in a window; 0 where too little of it is usable.
   *
   * @param {ScaleWindow} window
   */
  measure({ left, top, side }) {
    const { step, tables } = this;
    const [across, down] = [Math.floor(left / step), Math.floor(top / step)];
    const right = Math.min(Math.ceil((left + side) / step), tables[0].width - 1);
    const bottom = Math.min(Math.ceil((top + side) / step), tables[0].height - 1);
    const [count, total, squares] = tables.map(
      ({ width, data }) =>
        data[bottom * width + right] - data[down * width + right] - data[bottom * width + across] + data[down * width + across],
    );
    if (count < LEAST_USABLE * Math.max(1, (bottom - down) * (right - across))) return 0;
    return Math.sqrt(Math.max(squares / count - (total / count) ** 2, 0));
  }
}
