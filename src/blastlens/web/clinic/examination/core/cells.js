/** White cells of an examination: one list of all fields, by kind, sorted by how sure the model is. */

import { isBlast } from "./kinds.js";

/**
 * A cell of the gallery.
 * @typedef {{id: string, uploadId: string, reading: string, index: number, kind: string, modelKind: string,
 *   moved: null|{kind: string, by: string, at: string}, blastProbability: number, nucleusUm: number|null,
 *   box: [number, number, number, number], outline: [number, number][]}} Cell
 */

/** Blast probabilities between these two are uncertain, as for the service: a person has to look at such a cell. */
export const UNCERTAIN = Object.freeze([0.1, 0.9]);

/**
 * Return the cells of one field as `GET …/cells` has them; none where its file of cells is gone.
 * @param {any} field
 * @returns {Cell[]}
 */
export function cellsOf(field) {
  return field.cells.map((/** @type {any} */ cell) => ({
    id: cellId(field.upload_id, field.reading, cell.cell),
    uploadId: field.upload_id,
    reading: field.reading,
    index: cell.cell,
    kind: cell.moved?.kind ?? cell.kind,
    modelKind: cell.kind,
    moved: cell.moved ?? null,
    blastProbability: cell.blast_probability,
    nucleusUm: cell.nucleus_um ?? null,
    box: cell.box,
    outline: cell.outline,
  }));
}

/**
 * @param {string} uploadId
 * @param {string} reading
 * @param {number} index
 */
export function cellId(uploadId, reading, index) {
  return `${uploadId}|${reading}|${index}`;
}

/**
 * Return how sure the kind of a cell is, 0 to 1: 1 where a person chose it.
 * @param {Cell} cell
 */
export function sureness(cell) {
  if (cell.moved) return 1;
  return isBlast(cell.kind) ? cell.blastProbability : 1 - cell.blastProbability;
}

/**
 * Check whether a person has to look at a cell before the signature: the model is not sure, and nobody chose.
 * @param {Cell} cell
 */
export function isUncertain(cell) {
  const [low, high] = UNCERTAIN;
  return cell.moved === null && low < cell.blastProbability && cell.blastProbability < high;
}

/**
 * Return the cells by kind. Every kind of `kinds` is there, others after them.
 * @param {Cell[]} cells
 * @param {readonly string[]} kinds
 * @param {"unsure"|"sure"} first which cells come first
 * @returns {Map<string, Cell[]>}
 */
export function groupByKind(cells, kinds, first) {
  /** @type {Map<string, Cell[]>} */
  const groups = new Map(kinds.map((kind) => [kind, []]));
  for (const cell of cells) {
    if (!groups.has(cell.kind)) groups.set(cell.kind, []);
    groups.get(cell.kind)?.push(cell);
  }
  const sign = first === "sure" ? -1 : 1;
  for (const group of groups.values()) {
    group.sort((one, other) => sign * (sureness(one) - sureness(other)) || (one.id < other.id ? -1 : 1));
  }
  return groups;
}

/**
 * Return the part of a field that shows a cell with some of its surroundings, as large for every cell of the field.
 * @param {Cell["box"]} box left, top, width, height in pixels
 * @param {number} side least side of the part in pixels
 * @param {{width: number, height: number}} size of the field
 * @returns {{left: number, top: number, side: number}} inside the field where it is large enough
 */
export function cropAround(box, side, size) {
  const [left, top, width, height] = box;
  const wanted = Math.min(Math.max(side, width * 1.15, height * 1.15), size.width, size.height);
  const clamp = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(0, Math.min(value, most));
  return {
    left: clamp(left + width / 2 - wanted / 2, size.width - wanted),
    top: clamp(top + height / 2 - wanted / 2, size.height - wanted),
    side: wanted,
  };
}

/**
 * Return the side of the crops of a field: the same number of micrometres where the pixel size is known, so that cells
 * of one gallery can be compared; else as many pixels as the larger cells need.
 * @param {Cell[]} cells
 * @param {number|null} pixelSizeUm
 */
export function cropSide(cells, pixelSizeUm) {
  if (pixelSizeUm) return CROP_UM / pixelSizeUm;
  const sides = cells.map((cell) => Math.max(cell.box[2], cell.box[3])).sort((one, other) => one - other);
  return sides.length ? sides[Math.floor(0.9 * (sides.length - 1))] * 1.2 : 64;
}

/** Side of a crop in micrometres. */
export const CROP_UM = 20;
