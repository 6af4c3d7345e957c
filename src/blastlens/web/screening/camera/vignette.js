/** Search for the bright disc that an eyepiece shows in a dark frame. */

import { histogram, levelAt } from "./grey_frame.js";

/**
 * @typedef {object} Circle
 * @property {number} x of its middle, as a share of the frame's width
 * @property {number} y of its middle, as a share of the frame's width
 * @property {number} radius as a share of the frame's width
 */

const RAYS = 64;
/** Share of the bright level below which a pixel lies outside of the disc. */
const DARK = 0.4;
/** Least share of dark pixels in the frame: with fewer, all of the frame is lit. */
const LEAST_DARK = 0.05;
const LEAST_POINTS = 16;
/** Greatest distance of an edge point from the circle, as a share of the radius. */
const TOLERANCE = 0.06;

/**
 * Return the disc of the eyepiece, or null where the frame shows none.
 *
 * @param {import("./grey_frame.js").GreyFrame} frame
 * @returns {Circle | null}
 */
export function findVignette(frame) {
  const { width, height, data } = frame;
  const counts = histogram(data, null);
  const limit = DARK * levelAt(counts, 0.9);
  let dark = 0;
  for (let level = 0; level < limit; level += 1) dark += counts[level];
  if (dark < LEAST_DARK * data.length) return null;
  const points = findEdge(frame, limit);
  const first = fitCircle(points);
  if (!first) return null;
  const near = points.filter((point) => Math.abs(distance(point, first) - first.radius) <= TOLERANCE * first.radius);
  const circle = near.length >= LEAST_POINTS && near.length >= 0.6 * points.length ? fitCircle(near) : null;
  if (!circle || circle.radius < 0.15 * Math.min(width, height) || circle.radius > 2 * Math.max(width, height)) return null;
  return { x: circle.x / width, y: circle.y / width, radius: circle.radius / width };
}

/**
 * Return the outermost lit pixel on each ray from the middle of what is lit; rays that leave the frame while lit have none.
 *
 * @param {import("./grey_frame.js").GreyFrame} frame
 * @param {number} limit
 */
function findEdge({ width, height, data }, limit) {
  const middle = middleOf({ width, height, data }, limit);
  const isLit = (/** @type {number} */ x, /** @type {number} */ y) => data[Math.round(y) * width + Math.round(x)] >= limit;
  const points = [];
  for (let ray = 0; ray < RAYS; ray += 1) {
    const [across, down] = [Math.cos((2 * Math.PI * ray) / RAYS), Math.sin((2 * Math.PI * ray) / RAYS)];
    const far = Math.min(
      across > 0 ? (width - 1 - middle.x) / across : across < 0 ? -middle.x / across : Infinity,
      down > 0 ? (height - 1 - middle.y) / down : down < 0 ? -middle.y / down : Infinity,
    );
    // Three pixels in a row: a grain of dust that shines outside of the disc is not its edge.
    let run = 0;
    for (let at = Math.floor(far); at > 0 && run < 3; at -= 1) {
      run = isLit(middle.x + at * across, middle.y + at * down) ? run + 1 : 0;
      if (run === 3 && at + 2 < Math.floor(far) - 1) points.push({ x: middle.x + (at + 2.5) * across, y: middle.y + (at + 2.5) * down });
    }
  }
  return points;
}

/** @param {import("./grey_frame.js").GreyFrame} frame @param {number} limit */
function middleOf({ width, height, data }, limit) {
  let [number, across, down] = [0, 0, 0];
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      if (data[y * width + x] < limit) continue;
      number += 1;
      across += x;
      down += y;
    }
  }
  return number ? { x: across / number, y: down / number } : { x: width / 2, y: height / 2 };
}

/**
 * Return the circle with the least squared algebraic distance to points (I. Kåsa 1976), or null where they fix none.
 *
 * @param {{x: number, y: number}[]} points
 * @returns {{x: number, y: number, radius: number} | null}
 */
function fitCircle(points) {
  if (points.length < LEAST_POINTS) return null;
  const mean = { x: points.reduce((sum, one) => sum + one.x, 0) / points.length, y: points.reduce((sum, one) => sum + one.y, 0) / points.length };
  let [xx, xy, yy, xz, yz, z] = [0, 0, 0, 0, 0, 0];
  for (const one of points) {
    const [x, y] = [one.x - mean.x, one.y - mean.y];
    const square = x * x + y * y;
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xz += x * square;
    yz += y * square;
    z += square;
  }
  const determinant = 2 * (xx * yy - xy * xy);
  if (Math.abs(determinant) < 1e-9 * (xx + yy) ** 2 || determinant === 0) return null;
  const x = (xz * yy - yz * xy) / determinant;
  const y = (yz * xx - xz * xy) / determinant;
  return { x: x + mean.x, y: y + mean.y, radius: Math.sqrt(x * x + y * y + z / points.length) };
}

/** @param {{x: number, y: number}} point @param {{x: number, y: number}} middle */
function distance(point, middle) {
  return Math.hypot(point.x - middle.x, point.y - middle.y);
}

/**
 * Return which pixels lie in a circle, without a margin of its radius; null for all of them where there is no circle.
 *
 * @param {Circle | null} circle
 * @param {number} width
 * @param {number} height
 * @param {number} [margin] share of the radius
 * @returns {Uint8Array | null}
 */
export function maskOf(circle, width, height, margin = 0.06) {
  if (!circle) return null;
  const mask = new Uint8Array(width * height);
  const [x, y, radius] = [circle.x * width, circle.y * width, circle.radius * width * (1 - margin)];
  for (let row = 0; row < height; row += 1) {
    const half = Math.sqrt(radius * radius - (row - y) ** 2);
    if (Number.isNaN(half)) continue;
    mask.fill(1, row * width + Math.max(0, Math.ceil(x - half)), row * width + Math.max(0, Math.min(width, Math.floor(x + half) + 1)));
  }
  return mask;
}
