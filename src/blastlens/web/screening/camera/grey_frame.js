/** Grey copies of a camera's frame: luminance, half size, smoothing and statistics. */

/**
 * @typedef {object} GreyFrame
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} data luminance, 0 to 255, row by row
 */

/** A pixel counts as clipped when every channel has at least this value: compression of video changes white by a few levels. */
const WHITE = 250;

/**
 * Return the luminance of a frame (ITU-R BT.601, as OpenCV's RGB2GRAY).
 *
 * @param {Uint8ClampedArray | Uint8Array} rgba four bytes a pixel
 * @param {number} width
 * @param {number} height
 * @returns {GreyFrame & {white: Uint8Array}} `white` is 1 where the pixel is clipped
 */
export function toGrey(rgba, width, height) {
  const data = new Uint8Array(width * height);
  const white = new Uint8Array(width * height);
  for (let place = 0, from = 0; place < data.length; place += 1, from += 4) {
    const red = rgba[from];
    const green = rgba[from + 1];
    const blue = rgba[from + 2];
    data[place] = (red * 4899 + green * 9617 + blue * 1868 + 8192) >> 14;
    white[place] = red >= WHITE && green >= WHITE && blue >= WHITE ? 1 : 0;
  }
  return { width, height, data, white };
}

/** Return a frame of half the size, each pixel the mean of four. @param {GreyFrame} frame @returns {GreyFrame} */
export function halve(frame) {
  const width = frame.width >> 1;
  const height = frame.height >> 1;
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const from = 2 * row * frame.width + 2 * column;
      const below = from + frame.width;
      data[row * width + column] = (frame.data[from] + frame.data[from + 1] + frame.data[below] + frame.data[below + 1] + 2) >> 2;
    }
  }
  return { width, height, data };
}

/** Weights of a Gaussian of one pixel, from its middle outwards. */
const KERNEL = [0.39905, 0.24204, 0.05401, 0.00443];

/**
 * Return a frame without the noise of single pixels: a Gaussian of one pixel.
 *
 * Borders are mirrored without repeating the outermost pixel.
 *
 * @param {GreyFrame} frame
 * @returns {Float32Array}
 */
export function smooth({ width, height, data }) {
  const across = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) blurRow(data, across, y * width, width);
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1) {
    const rows = [-3, -2, -1, 0, 1, 2, 3].map((step) => mirror(y + step, height) * width);
    addRows(across, out, rows, y * width, width);
  }
  return out;
}

/** @param {number} at @param {number} length */
function mirror(at, length) {
  return Math.max(0, Math.min(length - 1, at < 0 ? -at : at >= length ? 2 * length - 2 - at : at));
}

/** @param {Uint8Array} data @param {Float32Array} out @param {number} start @param {number} width */
function blurRow(data, out, start, width) {
  const [middle, next, second, third] = KERNEL;
  for (let x = 0; x < width; x += 1) {
    const at = start + x;
    if (x >= 3 && x < width - 3) {
      out[at] = middle * data[at] + next * (data[at - 1] + data[at + 1]) + second * (data[at - 2] + data[at + 2]) + third * (data[at - 3] + data[at + 3]);
      continue;
    }
    let sum = middle * data[at];
    for (let step = 1; step < 4; step += 1) sum += KERNEL[step] * (data[start + mirror(x - step, width)] + data[start + mirror(x + step, width)]);
    out[at] = sum;
  }
}

/** Add seven rows with the weights of the kernel. @param {Float32Array} data @param {Float32Array} out @param {number[]} rows @param {number} to @param {number} width */
function addRows(data, out, rows, to, width) {
  const [middle, next, second, third] = KERNEL;
  const [a, b, c, d, e, f, g] = rows;
  for (let x = 0; x < width; x += 1) {
    out[to + x] = middle * data[d + x] + next * (data[c + x] + data[e + x]) + second * (data[b + x] + data[f + x]) + third * (data[a + x] + data[g + x]);
  }
}

/** Return how often each level occurs where `inside` is not 0. @param {ArrayLike<number>} data @param {Uint8Array | null} inside */
export function histogram(data, inside) {
  const counts = new Uint32Array(256);
  for (let place = 0; place < data.length; place += 1) if (!inside || inside[place]) counts[data[place]] += 1;
  return counts;
}

/** Return the level below which a share of what was counted lies. @param {Uint32Array} counts @param {number} share 0 to 1 */
export function levelAt(counts, share) {
  const wanted = share * counts.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  return Math.max(0, counts.findIndex((one) => (sum += one) >= wanted && sum > 0));
}

/** Return mean and standard deviation of the levels that were counted. @param {Uint32Array} counts */
export function momentsOf(counts) {
  let number = 0;
  let sum = 0;
  let squares = 0;
  for (let level = 0; level < 256; level += 1) {
    number += counts[level];
    sum += counts[level] * level;
    squares += counts[level] * level * level;
  }
  const mean = number ? sum / number : 0;
  return { mean, deviation: Math.sqrt(Math.max(0, number ? squares / number - mean * mean : 0)) };
}
