/** Differential counts: what moves of cells change in them before the service answers. */

import { isBlast, NOT_A_CELL } from "./kinds.js";

const Z = 1.959963984540054; // 95 % of a normal distribution, two-sided

/**
 * @typedef {{cells: number, by_kind: Record<string, number>, moved: number, blasts: number,
 *   blast_share: number|null, blast_interval: [number, number]}} Differential
 */

/**
 * Return the 95 % interval of a share, 0 to 1 (Wilson, 1927); everything where there is nothing to count.
 * @param {number} count what was counted
 * @param {number} number of how many
 * @returns {[number, number]}
 */
export function wilsonInterval(count, number) {
  if (number === 0) return [0, 1];
  const share = count / number;
  const square = (Z * Z) / number;
  const middle = (share + square / 2) / (1 + square);
  const half = (Z * Math.sqrt((share * (1 - share)) / number + square / (4 * number))) / (1 + square);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * Return the differential after one cell moved from one kind to another.
 * @param {Differential} before
 * @param {{from: string, to: string, wasMoved: boolean, isMoved: boolean}} move
 * @returns {Differential}
 */
export function applyMove(before, { from, to, wasMoved, isMoved }) {
  if (from === to) return before;
  const byKind = { ...before.by_kind };
  byKind[from] = Math.max(0, (byKind[from] ?? 0) - 1);
  byKind[to] = (byKind[to] ?? 0) + 1;
  const cells = Math.max(0, before.cells + Number(from === NOT_A_CELL) - Number(to === NOT_A_CELL));
  const change = Number(isBlast(to)) - Number(isBlast(from));
  const blasts = Math.min(cells, Math.max(0, before.blasts + change));
  return {
    cells,
    by_kind: byKind,
    moved: Math.max(0, before.moved + Number(isMoved) - Number(wasMoved)),
    blasts,
    blast_share: cells ? blasts / cells : null,
    blast_interval: wilsonInterval(blasts, cells),
  };
}

/**
 * Return the share of each class among the white cells, 0 to 1; zeros where there are none.
 * @param {Differential} differential
 * @param {readonly string[]} kinds
 */
export function sharesOf(differential, kinds) {
  return kinds.map((kind) => ({
    kind,
    count: differential.by_kind[kind] ?? 0,
    share: kind !== NOT_A_CELL && differential.cells ? (differential.by_kind[kind] ?? 0) / differential.cells : 0,
  }));
}
