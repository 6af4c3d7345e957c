/** Filling of connected pixels of one value. */

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Replace the value of a pixel and of all that are connected with it by sides; `cv2.floodFill`, in place.
 *
 * @param {Raster} raster of one channel
 * @param {number} x
 * @param {number} y
 * @param {number} value
 */
export function floodFill(raster, x, y, value) {
  const { width, height, data } = raster;
  const old = data[y * width + x];
  if (old === value) return;
  const seeds = [y * width + x];
  while (seeds.length > 0) {
    const seed = /** @type {number} */ (seeds.pop());
    if (data[seed] !== old) continue;
    const start = seed - (seed % width);
    let [left, right] = [seed, seed];
    while (left > start && data[left - 1] === old) left--;
    while (right + 1 < start + width && data[right + 1] === old) right++;
    data.fill(value, left, right + 1);
    if (start > 0) addSeeds(data, left - width, right - width, old, seeds);
    if (start + width < width * height) addSeeds(data, left + width, right + width, old, seeds);
  }
}

/**
 * @param {Uint8Array} data
 * @param {number} first place of a row's part
 * @param {number} last
 * @param {number} old
 * @param {number[]} seeds gets the first place of each run of the old value
 */
function addSeeds(data, first, last, old, seeds) {
  for (let at = first; at <= last; at++) {
    if (data[at] === old && (at === first || data[at - 1] !== old)) seeds.push(at);
  }
}
