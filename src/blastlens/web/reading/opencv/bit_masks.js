/** Masks with 32 pixels in a number, for fast morphology. */

import { Raster } from "../raster.js";

/** @typedef {import("./morphology.js").Kernel} Kernel */

/** A mask of one channel; the bits of a row begin in a new number. */
export class BitMask {
  /**
   * @param {number} width in pixels
   * @param {number} height
   * @param {number} value of the pixels in the mask
   */
  constructor(width, height, value) {
    this.width = width;
    this.height = height;
    this.value = value;
    /** Numbers in a row. */
    this.stride = Math.ceil(width / 32);
    this.words = new Int32Array(this.stride * height);
  }
}

/**
 * Return a mask of bits; null where a raster has other values than 0 and one more.
 *
 * @param {Raster} raster of one channel
 * @returns {BitMask | null}
 */
export function packMask({ width, height, data }) {
  let value = 0;
  const mask = new BitMask(width, height, 0);
  const { words, stride } = mask;
  for (let row = 0, at = 0; row < height; row++) {
    for (let word = row * stride, left = width; left > 0; word++, left -= 32) {
      const count = left < 32 ? left : 32;
      let bits = 0;
      for (let bit = 0; bit < count; bit++, at++) {
        const pixel = data[at];
        if (pixel === 0) continue;
        if (pixel !== value) {
          if (value !== 0) return null;
          value = pixel;
        }
        bits |= 1 << bit;
      }
      words[word] = bits;
    }
  }
  mask.value = value;
  return mask;
}

/**
 * Return a raster with a mask's value where a bit is set, and 0 elsewhere.
 *
 * @param {BitMask} mask
 * @returns {Raster}
 */
export function unpackMask({ width, height, value, stride, words }) {
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let word = 0; word < stride; word++) {
      const bits = words[row * stride + word];
      if (bits === 0) continue;
      const start = row * width + 32 * word;
      const count = Math.min(32, width - 32 * word);
      if (bits === -1) data.fill(value, start, start + count);
      else for (let bit = 0; bit < count; bit++) if ((bits >>> bit) & 1) data[start + bit] = value;
    }
  }
  return new Raster(width, height, 1, data);
}

/**
 * Return the pixels within whose kernel any pixel is set.
 *
 * @param {BitMask} mask
 * @param {Kernel} kernel
 * @returns {BitMask}
 */
export function dilateMask(mask, kernel) {
  const { width, height, stride } = mask;
  const found = new BitMask(width, height, mask.value);
  const [before, above] = [kernel.width >> 1, kernel.height >> 1];
  const lines = new Map();
  for (let row = 0; row < kernel.height; row++) {
    const [start, end] = [kernel.starts[row], kernel.ends[row]];
    const name = `${start} ${end}`;
    const line = lines.get(name) ?? spreadRun(mask, start - before, end - start);
    lines.set(name, line);
    const shift = (row - above) * stride;
    const last = Math.min(found.words.length, found.words.length - shift);
    for (let word = Math.max(0, -shift); word < last; word++) found.words[word] |= line[word + shift];
  }
  clearEnds(found);
  return found;
}

/**
 * Return the pixels within whose kernel all pixels are set; what is outside of the mask does not count.
 *
 * @param {BitMask} mask
 * @param {Kernel} kernel
 * @returns {BitMask}
 */
export function erodeMask(mask, kernel) {
  return invert(dilateMask(invert(mask), kernel));
}

/** @param {BitMask} mask @returns {BitMask} */
function invert(mask) {
  const inverse = new BitMask(mask.width, mask.height, mask.value);
  for (let word = 0; word < inverse.words.length; word++) inverse.words[word] = ~mask.words[word];
  clearEnds(inverse);
  return inverse;
}

/** Clear the bits behind the end of each row. @param {BitMask} mask */
function clearEnds({ width, stride, words }) {
  const kept = width % 32 === 0 ? -1 : (1 << width % 32) - 1;
  for (let word = stride - 1; word < words.length; word += stride) words[word] &= kept;
}

/**
 * Return for each pixel whether any pixel of a run beside it is set.
 *
 * @param {BitMask} mask
 * @param {number} first pixel of the run, from the pixel itself
 * @param {number} length of the run
 * @returns {Int32Array}
 */
function spreadRun({ height, stride, words }, first, length) {
  const found = new Int32Array(words.length);
  const frame = Math.ceil(Math.max(-first, first + length) / 32) + 1;
  const line = new Int32Array(stride + 2 * frame);
  for (let row = 0; row < height; row++) {
    const start = row * stride;
    line.fill(0);
    line.set(words.subarray(start, start + stride), frame);
    for (let covered = 1; covered < length; ) {
      const reach = Math.min(covered, length - covered);
      for (let word = 0; word < line.length; word++) line[word] |= readBits(line, 32 * word + reach);
      covered += reach;
    }
    for (let word = 0; word < stride; word++) found[start + word] = readBits(line, 32 * (word + frame) + first);
  }
  return found;
}

/**
 * Return 32 bits from anywhere.
 *
 * @param {Int32Array} line
 * @param {number} at number of the first bit
 * @returns {number}
 */
function readBits(line, at) {
  const word = at >> 5;
  const shift = at & 31;
  return shift === 0 ? line[word] : (line[word] >>> shift) | (line[word + 1] << (32 - shift));
}
