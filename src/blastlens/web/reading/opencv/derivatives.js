/** Derivatives of float32 rasters of one channel; beyond a border they are mirrored, without the border itself. */

import { Raster } from "../raster.js";

/**
 * Return the sum of the second derivatives; `cv2.Laplacian` with `CV_32F`.
 *
 * @param {Raster<Float32Array>} raster
 * @returns {Raster<Float32Array>}
 */
export function laplacian({ width, height, data }) {
  const edges = new Float32Array(width * height);
  for (let row = 0, at = 0; row < height; row++) {
    const above = (mirror(row - 1, height) - row) * width;
    const below = (mirror(row + 1, height) - row) * width;
    for (let column = 0; column < width; column++, at++) {
      const left = at - column + mirror(column - 1, width);
      const right = at - column + mirror(column + 1, width);
      edges[at] = data[at + above] + data[left] + data[right] + data[at + below] - 4 * data[at];
    }
  }
  return new Raster(width, height, 1, edges);
}

/** Weights of five pixels by the order of the derivative; that of order 1 is subtracted on the left. */
const SOBEL = [
  [1, 4, 6, 4, 1],
  [-1, -2, 0, 2, 1],
  [1, 0, -2, 0, 1],
];

/**
 * Return a derivative over five pixels; `cv2.Sobel` with `CV_32F` and `ksize=5`.
 *
 * @param {Raster<Float32Array>} raster
 * @param {number} across order of the derivative along the rows, 0 to 2
 * @param {number} down order of the derivative along the columns, 0 to 2
 * @returns {Raster<Float32Array>}
 */
export function sobel(raster, across, down) {
  const { width, height } = raster;
  const lines = filterRows(raster, SOBEL[across]);
  const data = new Float32Array(width * height);
  const [a, b, c, d, e] = SOBEL[down];
  for (let row = 0, at = 0; row < height; row++) {
    const start = row * width;
    const [o0, o1] = [mirror(row - 2, height) * width - start, mirror(row - 1, height) * width - start];
    const [o3, o4] = [mirror(row + 1, height) * width - start, mirror(row + 2, height) * width - start];
    for (const end = start + width; at < end; at++) {
      data[at] = a * lines[at + o0] + b * lines[at + o1] + c * lines[at] + d * lines[at + o3] + e * lines[at + o4];
    }
  }
  return new Raster(width, height, 1, data);
}

/**
 * @param {Raster<Float32Array>} raster
 * @param {readonly number[]} weights of five pixels
 * @returns {Float32Array}
 */
function filterRows({ width, height, data }, [a, b, c, d, e]) {
  const lines = new Float32Array(width * height);
  const places = [-2, -1, 1, 2].map((step) =>
    Int32Array.from({ length: width }, (_, column) => mirror(column + step, width)),
  );
  const [p0, p1, p3, p4] = places;
  for (let row = 0, at = 0; row < height; row++) {
    const start = row * width;
    for (let column = 0; column < width; column++, at++) {
      const outer = a * data[start + p0[column]] + e * data[start + p4[column]];
      lines[at] = outer + b * data[start + p1[column]] + d * data[start + p3[column]] + c * data[at];
    }
  }
  return lines;
}

/**
 * Return the place of a pixel or of the one that mirrors it; OpenCV's `BORDER_REFLECT_101`.
 *
 * @param {number} place
 * @param {number} length of the line
 * @returns {number} 0 to length - 1
 */
export function mirror(place, length) {
  if (length === 1) return 0;
  while (place < 0 || place >= length) place = place < 0 ? -place : 2 * length - 2 - place;
  return place;
}
