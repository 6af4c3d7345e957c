/** Outlines of regions in masks, after Suzuki and Abe 1985 (Comput Vis Graph Image Process 30:32). */

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * @typedef {object} Contour
 * @property {Int32Array} points x and y of each point, side by side; outer contours run counter-clockwise on the screen
 * @property {boolean} isHole whether it is the rim of a hole
 * @property {number} parent index of the region's contour in which the hole lies; -1 where it is no hole, or not asked
 *   for
 */

/** @typedef {"external" | "list" | "ccomp"} Retrieval */
/** @typedef {"simple" | "none"} Approximation */

/**
 * Find the contours of the regions of a mask, whose pixels touch by sides or corners.
 *
 * The order is OpenCV's: the last contour that is found from the top comes first.
 *
 * @param {Raster} mask of one channel; what is not 0 belongs to a region
 * @param {Retrieval} retrieval outermost contours only, all of them, or each region's contour before those of its holes
 * @param {Approximation} approximation whether the inner points of straight parts are left out
 * @param {number} [left] added to x
 * @param {number} [top] added to y
 * @returns {Contour[]}
 */
export function findContours(mask, retrieval, approximation, left = 0, top = 0) {
  const scan = new Scan(mask, approximation === "none", left - 1, top - 1);
  scan.findAll(retrieval === "external", retrieval === "ccomp");
  const found = scan.contours;
  return retrieval === "ccomp" ? sortByParent(found) : found.reverse();
}

/**
 * Return the contours of regions in reverse order, each before those of its holes.
 *
 * @param {Contour[]} found in the order of the scan
 * @returns {Contour[]}
 */
function sortByParent(found) {
  /** @type {number[][]} */
  const holes = found.map(() => []);
  found.forEach((contour, index) => {
    if (contour.isHole) holes[contour.parent].push(index);
  });
  /** @type {Contour[]} */
  const sorted = [];
  for (let index = found.length - 1; index >= 0; index--) {
    if (found[index].isHole) continue;
    const parent = sorted.length;
    sorted.push(found[index]);
    for (const hole of holes[index].reverse()) sorted.push({ ...found[hole], parent });
  }
  return sorted;
}

/** Steps to the eight neighbours, counter-clockwise on the screen from the right one. */
const STEPS_X = [1, 1, 0, -1, -1, -1, 0, 1];
const STEPS_Y = [0, -1, -1, -1, 0, 1, 1, 1];
/** Marks of contours begin here: 0 is background, 1 a pixel of a region that is on no contour yet. */
const FIRST_MARK = 2;

/** A scan of a mask from the top, row by row. */
class Scan {
  /**
   * @param {Raster} mask
   * @param {boolean} keepsAll whether all points are kept
   * @param {number} left added to x of the framed mask
   * @param {number} top added to y of the framed mask
   */
  constructor(mask, keepsAll, left, top) {
    this.width = mask.width + 2;
    this.height = mask.height + 2;
    /** The mask within a frame of 0; a negative mark is of a pixel whose right neighbour is background. */
    this.marks = new Int32Array(this.width * this.height);
    for (let row = 0, from = 0; row < mask.height; row++) {
      const start = (row + 1) * this.width + 1;
      for (let to = start; to < start + mask.width; to++, from++) if (mask.data[from] !== 0) this.marks[to] = 1;
    }
    this.keepsAll = keepsAll;
    this.left = left;
    this.top = top;
    this.steps = STEPS_X.map((across, direction) => across + STEPS_Y[direction] * this.width);
    /** @type {Contour[]} */
    this.contours = [];
    /** Points of the contour that is followed. */
    this.buffer = new Int32Array(1024);
  }

  /**
   * @param {boolean} outermost whether only contours with nothing around them are followed
   * @param {boolean} asksForParents
   */
  findAll(outermost, asksForParents) {
    const { marks, width } = this;
    for (let row = 1; row < this.height - 1; row++) {
      const start = row * width;
      /** The last pixel of a contour before the present one. */
      let last = start;
      let previous = 0;
      for (let at = start + 1; at < start + width - 1; at++) {
        const value = marks[at];
        if (value === previous) continue;
        const isOuter = previous === 0 && value === 1;
        const isHole = value === 0 && previous >= 1;
        if (isHole && previous >= FIRST_MARK) last = at - 1;
        if ((isOuter || isHole) && !(outermost && (isHole || marks[last] > 0))) {
          const parent = asksForParents && isHole ? this.findParent(marks[last]) : -1;
          last = isHole ? at - 1 : at;
          this.follow(last, isHole, parent);
        } else if (value !== 0 && value !== 1) {
          last = at;
        }
        previous = marks[at];
      }
    }
  }

  /**
   * @param {number} mark of the last contour before a hole
   * @returns {number} index of the contour of the hole's region
   */
  findParent(mark) {
    const index = Math.abs(mark) - FIRST_MARK;
    return this.contours[index].isHole ? this.contours[index].parent : index;
  }

  /**
   * Follow a contour and mark its pixels.
   *
   * @param {number} start
   * @param {boolean} isHole
   * @param {number} parent
   */
  follow(start, isHole, parent) {
    const { marks, steps } = this;
    const mark = this.contours.length + FIRST_MARK;
    const firstDirection = isHole ? 0 : 4;
    let [x, y] = [start % this.width, Math.floor(start / this.width)];
    let direction = firstDirection;
    do direction = (direction - 1) & 7;
    while (marks[start + steps[direction]] === 0 && direction !== firstDirection);
    if (direction === firstDirection) {
      marks[start] = -mark;
      this.contours.push({ points: Int32Array.of(x + this.left, y + this.top), isHole, parent });
      return;
    }
    const end = start + steps[direction];
    let [at, previous, length] = [start, direction ^ 4, 0];
    for (;;) {
      const from = direction;
      do direction = (direction + 1) & 7;
      while (marks[at + steps[direction]] === 0);
      // The search passed the right neighbour: it is background.
      if (direction !== 0 && direction <= from) marks[at] = -mark;
      else if (marks[at] === 1) marks[at] = mark;
      if (direction !== previous || this.keepsAll) length = this.push(x + this.left, y + this.top, length);
      previous = direction;
      x += STEPS_X[direction];
      y += STEPS_Y[direction];
      const next = at + steps[direction];
      if (next === start && at === end) break;
      at = next;
      direction = (direction + 4) & 7;
    }
    this.contours.push({ points: this.buffer.slice(0, length), isHole, parent });
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} length of the buffer so far
   * @returns {number} its length with the point
   */
  push(x, y, length) {
    if (length + 2 > this.buffer.length) {
      const larger = new Int32Array(2 * this.buffer.length);
      larger.set(this.buffer);
      this.buffer = larger;
    }
    this.buffer[length] = x;
    this.buffer[length + 1] = y;
    return length + 2;
  }
}
