/** Geometry of contours: hulls, areas and boxes. Points are x and y, side by side. */

/**
 * Return the area of a polygon.
 *
 * @param {Int32Array} points
 * @returns {number} not negative
 */
export function contourArea(points) {
  let twice = 0;
  let [x, y] = [points[points.length - 2], points[points.length - 1]];
  for (let place = 0; place < points.length; place += 2) {
    twice += x * points[place + 1] - y * points[place];
    x = points[place];
    y = points[place + 1];
  }
  return Math.abs(twice) / 2;
}

/**
 * Return the rectangle of whole pixels around points.
 *
 * @param {Int32Array} points at least one
 * @returns {{left: number, top: number, width: number, height: number}}
 */
export function boundingRect(points) {
  let [left, top, right, bottom] = [points[0], points[1], points[0], points[1]];
  for (let place = 2; place < points.length; place += 2) {
    left = Math.min(left, points[place]);
    right = Math.max(right, points[place]);
    top = Math.min(top, points[place + 1]);
    bottom = Math.max(bottom, points[place + 1]);
  }
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * Return the corners of the convex hull of points, clockwise on the screen, by Andrew's monotone chain.
 *
 * @param {Int32Array} points
 * @returns {Int32Array} without points on the hull's sides
 */
export function convexHull(points) {
  const order = sortPoints(points);
  const lower = buildChain(points, order);
  const upper = buildChain(points, order.reverse());
  const corners = [...lower.slice(0, -1), ...upper.slice(0, -1)];
  if (corners.length === 0 && order.length > 0) corners.push(order[0]);
  return Int32Array.from(corners.flatMap((place) => [points[place], points[place + 1]]));
}

/**
 * @param {Int32Array} points
 * @returns {number[]} places of different points, by x and then by y
 */
function sortPoints(points) {
  const places = Array.from({ length: points.length / 2 }, (_, index) => 2 * index);
  places.sort((a, b) => points[a] - points[b] || points[a + 1] - points[b + 1]);
  return places.filter((place, index) => {
    const before = places[index - 1];
    return index === 0 || points[place] !== points[before] || points[place + 1] !== points[before + 1];
  });
}

/**
 * @param {Int32Array} points
 * @param {number[]} order
 * @returns {number[]} places of the corners of one side of the hull
 */
function buildChain(points, order) {
  /** @type {number[]} */
  const chain = [];
  for (const place of order) {
    while (chain.length > 1 && turn(points, chain[chain.length - 2], chain[chain.length - 1], place) <= 0) chain.pop();
    chain.push(place);
  }
  return chain;
}

/**
 * @param {Int32Array} points
 * @param {number} a
 * @param {number} b
 * @param {number} c
 * @returns {number} positive where the way from a over b to c turns clockwise on the screen
 */
function turn(points, a, b, c) {
  const [x, y] = [points[a], points[a + 1]];
  return (points[b] - x) * (points[c + 1] - y) - (points[b + 1] - y) * (points[c] - x);
}
