/** Blast segmentation by k-means on the a channel of CIE Lab (imaging/kmeans_segmentation.py). */

import { inRange } from "../opencv/arithmetic.js";
import { gaussianBlur } from "../opencv/blur.js";
import { toLab } from "../opencv/colour.js";
import { createRaster, takeChannel } from "../raster.js";
import { normaliseIllumination } from "./illumination.js";
import { chooseKernelSize, cleanMask } from "./masks.js";

/** @typedef {import("../raster.js").Raster} Raster */

/**
 * Settings of the clustering, from the manifest of the package.
 *
 * @typedef {object} LabSettings
 * @property {number} clusters 2 to 8
 * @property {number} least_stain mean a of the topmost cluster, in CIE units above grey, below which nothing is stained
 * @property {number} debris_fraction objects below this share of the image are debris, not blasts; 0 to 1
 */

/** OpenCV's 8-bit a channel: grey; above it red and purple, below it green. */
const NEUTRAL = 128;
const LEVELS = 256;

/**
 * Return the blast mask of an image: the cluster of the greatest a, which is the purple of chromatin.
 *
 * K-means on the a channel (Hosseini et al. 2023, Informatics in Medicine Unlocked), after illumination correction.
 *
 * @param {Raster} image RGB
 * @param {LabSettings} settings
 * @returns {Raster} 1 inside of stained cells; small debris removed, holes filled
 */
export function segmentByColour(image, settings) {
  const size = chooseKernelSize(image);
  const smooth = gaussianBlur(normaliseIllumination(image), size, 0);
  const purple = takeChannel(toLab(smooth), 1);
  const counts = new Float64Array(LEVELS);
  for (const level of purple.data) counts[level]++;
  const lowest = splitLevels(counts, settings.clusters)[settings.clusters - 1];
  if (meanLevel(counts, lowest) - NEUTRAL < settings.least_stain) return createRaster(image.width, image.height);
  return cleanMask(inRange(purple, lowest, 255), size, settings.debris_fraction);
}

/**
 * Cluster the levels of a histogram by exact k-means.
 *
 * In one dimension clusters are intervals, and dynamic programming finds the best ones (Wang and Song 2011,
 * "Ckmeans.1d.dp", R Journal 3:29). With two clusters it is Otsu's threshold.
 *
 * @param {Float64Array} counts how often each level occurs
 * @param {number} clusters 1 or more
 * @returns {number[]} the first level of each cluster, rising; the first is 0
 */
export function splitLevels(counts, clusters) {
  const cost = makeIntervalCost(counts);
  const ends = counts.length + 1;
  let least = Float64Array.from({ length: ends }, (_, end) => cost(0, end));
  const choices = [];
  for (let cluster = 1; cluster < clusters; cluster++) {
    const [choice, next] = [new Int32Array(ends), new Float64Array(ends).fill(Infinity)];
    for (let end = 0; end < ends; end++) {
      for (let start = 0; start <= end; start++) {
        const total = least[start] + cost(start, end);
        if (total < next[end]) [next[end], choice[end]] = [total, start];
      }
    }
    choices.push(choice);
    least = next;
  }
  const firsts = [counts.length];
  for (const choice of choices.reverse()) firsts.push(choice[firsts[firsts.length - 1]]);
  return [0, ...firsts.slice(1).reverse()];
}

/**
 * Return the function of the sum of squared distances of the levels from `start` to `end` - 1 from their mean.
 *
 * @param {Float64Array} counts
 * @returns {(start: number, end: number) => number}
 */
function makeIntervalCost(counts) {
  const [numbers, totals, squares] = [0, 1, 2].map((power) => {
    const sums = new Float64Array(counts.length + 1);
    for (let level = 0; level < counts.length; level++) sums[level + 1] = sums[level] + counts[level] * level ** power;
    return sums;
  });
  return (start, end) => {
    const number = numbers[end] - numbers[start];
    const total = totals[end] - totals[start];
    return Math.max(squares[end] - squares[start] - (total * total) / Math.max(number, 1), 0);
  };
}

/** Return the mean of the levels from `lowest` on; 0 where none of them occurs. @param {Float64Array} counts @param {number} lowest */
function meanLevel(counts, lowest) {
  let [sum, number] = [0, 0];
  for (let level = lowest; level < counts.length; level++) {
    sum += level * counts[level];
    number += counts[level];
  }
  return number === 0 ? 0 : sum / number;
}
