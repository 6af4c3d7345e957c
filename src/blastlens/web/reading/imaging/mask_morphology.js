/** Morphology of masks with 32 pixels in a word: the same as opencv/morphology.js on 0 and 255, many times faster. */

import { Raster } from "../raster.js";

/** @typedef {import("../opencv/morphology.js").Kernel} Kernel */

const BITS = 32;

/** A mask whose pixels are bits, within a frame. */
export class BitMask {
  /** @param {number} width @param {number} height @param {number} around pixels of the frame on all sides */
  constructor(width, height, around) {
    this.width = width;
    this.height = height;
    this.around = around;
    this.stride = Math.ceil((width + 2 * around) / BITS);
    this.rows = height + 2 * around;
    this.words = new Uint32Array(this.stride * this.rows);
  }

  /** Return another mask of the same size without pixels. */
  createEmpty() {
    return new BitMask(this.width, this.height, this.around);
  }
}

/** Return the bits of a mask within a frame of zeros. @param {Raster} mask @param {number} [around] @returns {BitMask} */
export function toBits({ width, height, data }, around = 0) {
  const bits = new BitMask(width, height, around);
  for (let row = 0, from = 0; row < height; row++) {
    const start = (row + around) * bits.stride;
    for (let column = around; column < width + around; column++, from++) {
      if (data[from] !== 0) bits.words[start + (column >>> 5)] |= 1 << (column & 31);
    }
  }
  return bits;
}

/** Return the mask within the frame. @param {BitMask} bits @param {number} value of its pixels @returns {Raster} */
export function fromBits({ width, height, around, stride, words }, value) {
  const data = new Uint8Array(width * height);
  for (let row = 0, to = 0; row < height; row++) {
    const start = (row + around) * stride;
    for (let column = around; column < width + around; column++, to++) {
      if ((words[start + (column >>> 5)] >>> (column & 31)) & 1) data[to] = value;
    }
  }
  return new Raster(width, height, 1, data);
}

/** Set each pixel within the kernel around another one; nothing comes into the frame. @param {BitMask} bits @param {Kernel} kernel */
export function dilateBits(bits, kernel) {
  return keepInside(spreadBits(bits, kernel));
}

/** Clear each pixel within the kernel around a zero; the frame does not count. @param {BitMask} bits @param {Kernel} kernel */
export function erodeBits(bits, kernel) {
  return keepInside(invert(spreadBits(keepInside(invert(bits)), kernel)));
}

/** @param {BitMask} bits @param {Kernel} kernel */
export function openBits(bits, kernel) {
  return dilateBits(erodeBits(bits, kernel), kernel);
}

/** @param {BitMask} bits @param {Kernel} kernel */
export function closeBits(bits, kernel) {
  return erodeBits(dilateBits(bits, kernel), kernel);
}

/** Dilate and erode as if the image went on with zeros. The frame is at least as wide as the kernel. @param {BitMask} bits @param {Kernel} kernel */
export function closeBitsInFrame(bits, kernel) {
  return keepInside(invert(spreadBits(invert(spreadBits(bits, kernel)), kernel)));
}

/**
 * Set each bit within the kernel around another one, in the frame too.
 *
 * @param {BitMask} bits
 * @param {Kernel} kernel with as many pixels to the left as to the right of its middle
 * @returns {BitMask}
 */
function spreadBits(bits, { height, starts, ends }) {
  const spread = bits.createEmpty();
  const middle = height >> 1;
  const line = new Uint32Array(bits.stride);
  const reaches = starts.map((start, row) => (ends[row] - start - 1) >> 1);
  for (const reach of new Set(reaches)) {
    for (let row = 0; row < bits.rows; row++) {
      if (!spreadLine(bits, row, reach, line)) continue;
      for (let part = 0; part < height; part++) {
        const to = row + part - middle;
        if (reaches[part] === reach && to >= 0 && to < bits.rows) setBits(spread, to, line);
      }
    }
  }
  return spread;
}

/**
 * Set the bits within a reach of those of a row.
 *
 * @param {BitMask} bits
 * @param {number} row
 * @param {number} reach
 * @param {Uint32Array} line result
 * @returns {boolean} whether there is any
 */
function spreadLine({ words, stride }, row, reach, line) {
  const start = row * stride;
  let isAny = 0;
  for (let word = 0; word < stride; word++) isAny |= line[word] = words[start + word];
  if (isAny === 0) return false;
  for (let step = 0; step < reach; step++) {
    let before = 0;
    for (let word = 0; word < stride; word++) {
      const bits = line[word];
      const after = word + 1 < stride ? line[word + 1] : 0;
      line[word] = bits | (bits << 1) | (before >>> 31) | (bits >>> 1) | (after << 31);
      before = bits;
    }
  }
  return true;
}

/** @param {BitMask} bits @param {number} row @param {Uint32Array} line */
function setBits({ words, stride }, row, line) {
  const start = row * stride;
  for (let word = 0; word < stride; word++) words[start + word] |= line[word];
}

/** Return the opposite of every bit. @param {BitMask} bits @returns {BitMask} */
function invert(bits) {
  const inverted = bits.createEmpty();
  for (let word = 0; word < bits.words.length; word++) inverted.words[word] = ~bits.words[word];
  return inverted;
}

/** Clear the frame and the bits behind it, in place. @param {BitMask} bits */
function keepInside(bits) {
  const { width, height, around, stride, words } = bits;
  const inside = new Uint32Array(stride);
  for (let column = around; column < width + around; column++) inside[column >>> 5] |= 1 << (column & 31);
  for (let row = 0; row < bits.rows; row++) {
    const isInside = row >= around && row < around + height;
    for (let word = 0; word < stride; word++) words[row * stride + word] &= isInside ? inside[word] : 0;
  }
  return bits;
}
