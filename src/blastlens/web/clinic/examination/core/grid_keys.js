/** Keys that move through a grid of options. */

/**
 * Return the place that a key leads to; null for other keys.
 *
 * @param {string} key `KeyboardEvent.key`
 * @param {number} at place that has the focus
 * @param {number} number of options
 * @param {number} columns of the grid
 */
export function nextPlace(key, at, number, columns) {
  const last = number - 1;
  /** @type {Record<string, number>} */
  const places = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: last };
  return key in places ? Math.max(0, Math.min(last, places[key])) : null;
}
