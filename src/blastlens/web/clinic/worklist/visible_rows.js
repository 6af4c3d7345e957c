/** Which rows of a long list stand in the document. */

/** Most row elements at a time. */
export const MOST_ROWS = 100;
const BEYOND = 10;

/**
 * Return the rows around what the window shows.
 *
 * @param {object} measured in pixels
 * @param {number} measured.top how far the list's first row lies above the window's upper edge; negative below it
 * @param {number} measured.height of the window
 * @param {number} measured.rowHeight
 * @param {number} measured.count rows of the list
 * @returns {{first: number, end: number}} places from 0; `end` is not included.
 */
export function visibleRows({ top, height, rowHeight, count }) {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight)) - BEYOND);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + BEYOND, first + MOST_ROWS - 1);
  return { first, end: Math.max(first, end) };
}
