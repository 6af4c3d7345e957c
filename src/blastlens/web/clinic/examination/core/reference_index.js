/** Index of the reference cells that an installation adds: `reference-cells/index.json`. */

/**
 * @typedef {{kind: string, file: string, title: Record<string, string>}} ReferenceCell
 * @typedef {{source: string, licence: string, cells: ReferenceCell[]}} ReferenceIndex
 */

const FILE = /^[A-Za-z0-9][A-Za-z0-9._-]*\.(png|jpe?g|webp|svg)$/;

/**
 * Return what an index holds; entries that are wrong are left out, and so is everything without a source and a licence:
 * a clinic has to know whose pictures it compares with.
 *
 * @param {any} index parsed JSON
 * @returns {ReferenceIndex}
 */
export function readReferenceIndex(index) {
  const { source, licence, cells } = index ?? {};
  const isNamed = isText(source) && isText(licence) && Array.isArray(cells);
  return { source: isNamed ? source : "", licence: isNamed ? licence : "", cells: isNamed ? cells.filter(isCell) : [] };
}

/** @param {any} cell */
function isCell(cell) {
  const titles = Object.values(cell?.title ?? {});
  return isText(cell?.kind) && isText(cell?.file) && FILE.test(cell.file) && titles.length > 0 && titles.every(isText);
}

/** @param {unknown} value */
function isText(value) {
  return typeof value === "string" && value.trim() !== "";
}
