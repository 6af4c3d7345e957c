/** Connected components of masks. */

import { Raster } from "../raster.js";

/**
 * @typedef {object} Components
 * @property {number} count of labels, with that of the background
 * @property {Raster<Int32Array>} labels 0 in the background, 1 to count - 1 in the components
 * @property {Int32Array} boxes left, top, width, height and area of each label, side by side
 * @property {Float64Array} centres x and y of each label's centre of mass, side by side
 */

/** Values of a label in `boxes`. */
export const BOX_LENGTH = 5;

/**
 * Label the connected components of a mask; `cv2.connectedComponentsWithStats`.
 *
 * Components are numbered in the order in which OpenCV meets their first pixels: row by row where pixels touch by
 * sides, by pairs of rows and columns where they touch by corners as well.
 *
 * @param {Raster} mask of one channel; what is not 0 belongs to a component
 * @param {4 | 8} connectivity
 * @returns {Components}
 */
export function connectedComponents(mask, connectivity) {
  const { width, height } = mask;
  const labels = new Int32Array(width * height);
  const parents = labelPixels(mask, connectivity, labels);
  const numbers = number(labels, parents, width, height, connectivity);
  const count = numbers.count;
  const boxes = new Int32Array(count * BOX_LENGTH);
  const centres = new Float64Array(2 * count);
  measure(labels, numbers.of, width, height, boxes, centres);
  return { count, labels: new Raster(width, height, 1, labels), boxes, centres };
}

/**
 * Give each pixel a provisional label, and join those that touch.
 *
 * @param {Raster} mask
 * @param {4 | 8} connectivity
 * @param {Int32Array} labels result
 * @returns {Int32Array} the parent of each provisional label; a root is its own
 */
function labelPixels({ width, height, data }, connectivity, labels) {
  let parents = new Int32Array(1024);
  let next = 1;
  for (let row = 0, at = 0; row < height; row++) {
    for (let column = 0; column < width; column++, at++) {
      if (data[at] === 0) continue;
      const above = row > 0 ? labels[at - width] : 0;
      let label = above;
      if (label === 0 || connectivity === 4) {
        const left = column > 0 ? labels[at - 1] : 0;
        label = left === 0 ? label : label === 0 ? left : join(parents, left, label);
      }
      // Where the pixel above is of the component, its neighbours are already joined with it.
      if (connectivity === 8 && above === 0 && row > 0) {
        const leftAbove = column > 0 ? labels[at - width - 1] : 0;
        const rightAbove = column + 1 < width ? labels[at - width + 1] : 0;
        if (leftAbove !== 0) label = label === 0 ? leftAbove : join(parents, label, leftAbove);
        if (rightAbove !== 0) label = label === 0 ? rightAbove : join(parents, label, rightAbove);
      }
      if (label === 0) {
        if (next === parents.length) parents = enlarge(parents);
        parents[next] = next;
        label = next++;
      }
      labels[at] = label;
    }
  }
  return parents.subarray(0, next);
}

/**
 * @param {Int32Array} values
 * @returns {Int32Array<ArrayBuffer>} twice as long
 */
function enlarge(values) {
  const larger = new Int32Array(2 * values.length);
  larger.set(values);
  return larger;
}

/**
 * @param {Int32Array} parents
 * @param {number} label
 * @returns {number} its root
 */
function findRoot(parents, label) {
  while (parents[label] !== label) {
    parents[label] = parents[parents[label]];
    label = parents[label];
  }
  return label;
}

/**
 * @param {Int32Array} parents
 * @param {number} a
 * @param {number} b
 * @returns {number} the root of both
 */
function join(parents, a, b) {
  const [first, second] = [findRoot(parents, a), findRoot(parents, b)];
  const root = Math.min(first, second);
  parents[first] = root;
  parents[second] = root;
  return root;
}

/**
 * Number the components.
 *
 * @param {Int32Array} labels provisional ones
 * @param {Int32Array} parents
 * @param {number} width
 * @param {number} height
 * @param {4 | 8} connectivity
 * @returns {{count: number, of: Int32Array}} the number of each provisional label
 */
function number(labels, parents, width, height, connectivity) {
  const numbers = new Int32Array(parents.length);
  let count = 1;
  if (connectivity === 4) {
    for (let label = 1; label < parents.length; label++) {
      if (findRoot(parents, label) === label) numbers[label] = count++;
    }
  } else {
    for (let row = 0; row < height; row += 2) {
      for (let column = 0; column < width; column++) {
        const at = row * width + column;
        // Within a block of two by two, all pixels are of one component.
        for (const label of [labels[at], row + 1 < height ? labels[at + width] : 0]) {
          if (label === 0) continue;
          const root = findRoot(parents, label);
          if (numbers[root] === 0) numbers[root] = count++;
        }
      }
    }
  }
  for (let label = 1; label < parents.length; label++) numbers[label] = numbers[findRoot(parents, label)];
  return { count, of: numbers };
}

/**
 * Replace provisional labels by numbers, and measure the components.
 *
 * @param {Int32Array} labels
 * @param {Int32Array} numbers
 * @param {number} width
 * @param {number} height
 * @param {Int32Array} boxes result
 * @param {Float64Array} centres result
 */
function measure(labels, numbers, width, height, boxes, centres) {
  const count = boxes.length / BOX_LENGTH;
  const [right, bottom, area] = [new Int32Array(count), new Int32Array(count), new Int32Array(count)];
  const [left, top] = [new Int32Array(count).fill(width), new Int32Array(count).fill(height)];
  for (let row = 0; row < height; row++) {
    const start = row * width;
    for (let column = 0; column < width; ) {
      const first = column;
      const provisional = labels[start + column];
      const label = numbers[provisional];
      for (; column < width && labels[start + column] === provisional; column++) labels[start + column] = label;
      const length = column - first;
      if (first < left[label]) left[label] = first;
      if (column - 1 > right[label]) right[label] = column - 1;
      if (row < top[label]) top[label] = row;
      bottom[label] = row;
      area[label] += length;
      centres[2 * label] += (length * (first + column - 1)) / 2;
      centres[2 * label + 1] += length * row;
    }
  }
  for (let label = 0; label < count; label++) {
    const box = [left[label], top[label], right[label] - left[label] + 1, bottom[label] - top[label] + 1, area[label]];
    boxes.set(box, label * BOX_LENGTH);
    centres[2 * label] /= area[label];
    centres[2 * label + 1] /= area[label];
  }
}
