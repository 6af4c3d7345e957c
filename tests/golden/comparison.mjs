/** Comparison of a reading with the golden corpus, step by step; the same in Node and in Chromium. */

/** @typedef {{file: string, width: number, height: number, channels: number}} Stored an array of the corpus */
/** @typedef {{width: number, height: number, channels: number, data: ArrayLike<number>}} Raster */
/** @typedef {{kind: string, bound: number, words: string, outliers?: number}} Bound */
/** @typedef {{step: string, difference: number, bound: number, detail: string}} Difference */

/** Shares below it are compared as if they were as large: 1 % of nothing is nothing. */
const LEAST_SIZE = 0.01;

const ANSWER = ["status", "reason", "label"];
const COUNTS = ["windows", "white_cells", "unnamed_cells", "blasts", "uncertain_cells"];

/**
 * Compare what a package made of a field.
 *
 * @param {{steps: Record<string, any>, answer: Record<string, any>}} golden what Python made of it
 * @param {{steps: Map<string, any>, answer: Record<string, any>}} found
 * @param {Record<string, Bound>} bounds
 * @param {(stored: Stored) => Promise<Uint8Array>} load returns the pixels of a stored array
 * @returns {Promise<Difference[]>} one for each step that either side reached
 */
export async function compareReading(golden, found, bounds, load) {
  const wanted = { ...golden.steps, ...results(golden.answer) };
  const got = { ...Object.fromEntries(found.steps), ...results(found.answer) };
  got.cell_probabilities = inOrder(wanted.white_cells, got.white_cells, got.cell_probabilities);
  const compared = [];
  for (const [step, bound] of Object.entries(bounds)) {
    if (step === "decode" || (isNothing(wanted[step]) && isNothing(got[step]))) continue;
    compared.push({ step, bound: bound.bound, ...(await compareStep(bound, wanted[step], got[step], load)) });
  }
  const unknown = [...found.steps.keys()].filter((step) => !(step in bounds));
  return [...compared, ...unknown.map((step) => ({ step, bound: 0, difference: Infinity, detail: "has no bound" }))];
}

/** Compare decoded pixels. @param {Stored} stored @param {Raster} raster @param {number} bound @param {(stored: Stored) => Promise<Uint8Array>} load */
export async function compareDecoded(stored, raster, bound, load) {
  return { step: "decode", bound, ...(await compareLevels(stored, raster, load)) };
}

/** Return the parts of an answer that are compared with bounds of their own. @param {Record<string, any>} answer */
function results(answer) {
  const { field, quality, cells, windows, probabilities } = answer;
  const order = [...answer.prediction_set].sort();
  return {
    quality: quality === null ? null : Object.keys(quality).sort().map((name) => quality[name]),
    field: field === null ? null : describeField(field),
    cells: cells.map((/** @type {any} */ cell) => cell.box),
    windows,
    probabilities: Object.keys(probabilities).sort().map((label) => probabilities[label]),
    answer: JSON.stringify([...ANSWER.map((name) => answer[name]), order]),
  };
}

/** @param {Record<string, any>} field */
function describeField(field) {
  const counts = COUNTS.map((name) => `${name} ${field[name]}`);
  const kinds = Object.keys(field.kinds).sort().map((kind) => `${kind} ${field.kinds[kind]}`);
  return [...counts, ...kinds, ...field.cautions].join(", ");
}

/** @param {any} value */
function isNothing(value) {
  return value === undefined || value === null || value.length === 0;
}

/**
 * Return the rows of cells in the order of Python: cells of equal size may stand in another one.
 *
 * @param {any[] | undefined} wanted boxes
 * @param {any[] | undefined} got boxes
 * @param {any[] | undefined} rows of the boxes got
 */
function inOrder(wanted, got, rows) {
  if (isNothing(wanted) || isNothing(got) || isNothing(rows) || wanted?.length !== got?.length) return rows;
  const boxes = /** @type {any[]} */ (got).map(toBox);
  return wanted?.map((box) => {
    const overlaps = boxes.map((other) => overlap(box, other));
    return rows?.[overlaps.indexOf(Math.max(...overlaps))];
  });
}

/** @param {Bound} bound @param {any} wanted @param {any} got @param {(stored: Stored) => Promise<Uint8Array>} load */
async function compareStep({ kind, outliers = 0 }, wanted, got, load) {
  if (isNothing(got)) return { difference: Infinity, detail: "is missing" };
  if (isNothing(wanted)) return { difference: Infinity, detail: "is not reached in Python" };
  if (kind === "levels") return compareLevels(wanted, got, load, outliers);
  if (kind === "mask") return compareMasks([wanted], [got], load);
  if (kind === "masks") return compareMasks(wanted, got, load);
  if (kind === "boxes") return compareBoxes(wanted, got);
  if (kind === "edges") return compareEdges(wanted, got);
  if (kind === "same") return { difference: wanted === got ? 0 : Infinity, detail: wanted === got ? "" : `${got} instead of ${wanted}` };
  return compareNumbers(flatten(wanted), flatten(got), kind === "relative");
}

/**
 * Compare grey levels.
 *
 * @param {Stored} stored
 * @param {Raster} raster
 * @param {(stored: Stored) => Promise<Uint8Array>} load
 * @param {number} [outliers] share of the values that may differ by more
 */
async function compareLevels(stored, raster, load, outliers = 0) {
  if (!hasShape(stored, raster)) return { difference: Infinity, detail: `has the size ${size(raster)} instead of ${size(stored)}` };
  const wanted = await load(stored);
  const counts = new Array(256).fill(0);
  for (let place = 0; place < wanted.length; place++) counts[Math.abs(wanted[place] - raster.data[place])]++;
  const largest = counts.findLastIndex((count) => count > 0);
  let difference = largest;
  for (let count = counts[difference]; difference > 0 && count <= outliers * wanted.length; count += counts[difference]) difference--;
  const differing = 1 - counts[0] / wanted.length;
  return { difference, detail: largest === 0 ? "" : `${(100 * differing).toPrecision(2)} % of the values differ, by ${largest} at most` };
}

/** Compare masks, True where a value is not 0. @param {Stored[]} stored @param {Raster[]} masks @param {(stored: Stored) => Promise<Uint8Array>} load */
async function compareMasks(stored, masks, load) {
  if (stored.length !== masks.length) return { difference: Infinity, detail: `${masks.length} masks instead of ${stored.length}` };
  let largest = 0;
  for (const [index, mask] of masks.entries()) {
    if (!hasShape(stored[index], mask)) return { difference: Infinity, detail: `mask ${index} has the size ${size(mask)}` };
    const wanted = await load(stored[index]);
    let count = 0;
    for (let place = 0; place < wanted.length; place++) if (wanted[place] > 0 !== mask.data[place] > 0) count++;
    largest = Math.max(largest, count / wanted.length);
  }
  return { difference: largest, detail: "" };
}

/** Compare boxes of left, top, width and height in their order. @param {any[]} wanted @param {any[]} got */
function compareBoxes(wanted, got) {
  if (wanted.length !== got.length) return { difference: Infinity, detail: `${got.length} boxes instead of ${wanted.length}` };
  const boxes = got.map(toBox);
  const misses = wanted.map((box) => 1 - Math.max(...boxes.map((other) => overlap(box, other))));
  const isMoved = wanted.some((box, index) => overlap(box, boxes[index]) < 0.5);
  return { difference: Math.max(0, ...misses), detail: isMoved ? "in another order" : "" };
}

/** Compare the edges of boxes in pixels, each with its nearest. @param {any[]} wanted @param {any[]} got */
function compareEdges(wanted, got) {
  if (wanted.length !== got.length) return { difference: Infinity, detail: `${got.length} boxes instead of ${wanted.length}` };
  const edges = (/** @type {number[]} */ [left, top, width, height]) => [left, top, left + width, top + height];
  const found = got.map((box) => edges(toBox(box)));
  const distances = wanted.map((box) => {
    const own = edges(box);
    return Math.min(...found.map((other) => Math.max(...own.map((edge, index) => Math.abs(edge - other[index])))));
  });
  return { difference: Math.max(...distances), detail: "" };
}

/** @param {any} box */
function toBox(box) {
  return Array.isArray(box) || ArrayBuffer.isView(box) ? Array.from(/** @type {any} */ (box)) : [box.left, box.top, box.width, box.height];
}

/** Return the intersection of two boxes over their union. @param {number[]} a @param {number[]} b */
function overlap(a, b) {
  const wide = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const high = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(wide, 0) * Math.max(high, 0);
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

/** @param {(number | string)[]} wanted @param {(number | string)[]} got @param {boolean} isRelative */
function compareNumbers(wanted, got, isRelative) {
  if (wanted.length !== got.length) return { difference: Infinity, detail: `${got.length} numbers instead of ${wanted.length}` };
  let largest = 0;
  let detail = "";
  for (const [index, value] of wanted.entries()) {
    const difference = measure(value, got[index], isRelative);
    if (difference > largest) [largest, detail] = [difference, `${got[index]} instead of ${value} at ${index}`];
  }
  return { difference: largest, detail };
}

/** @param {any} wanted @param {any} got @param {boolean} isRelative */
function measure(wanted, got, isRelative) {
  if (typeof wanted !== "number" || typeof got !== "number") return wanted === got ? 0 : Infinity;
  const difference = Math.abs(wanted - got);
  if (Number.isNaN(difference)) return Infinity;
  return isRelative ? difference / Math.max(Math.abs(wanted), LEAST_SIZE) : difference;
}

/** Return the numbers and texts of nested lists and objects; infinite numbers are null, as in JSON. @param {any} value @returns {any[]} */
function flatten(value) {
  if (typeof value === "number") return [Number.isFinite(value) ? value : null];
  if (value === null || typeof value !== "object") return [value];
  const parts = Array.isArray(value) || ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : Object.keys(value).sort().map((key) => value[key]);
  return parts.flatMap(flatten);
}

/** @param {{width: number, height: number, channels: number}} a @param {{width: number, height: number, channels: number}} b */
function hasShape(a, b) {
  return a.width === b.width && a.height === b.height && a.channels === b.channels;
}

/** @param {{width: number, height: number, channels: number}} raster */
function size({ width, height, channels }) {
  return `${width} x ${height} x ${channels}`;
}

/**
 * Return a table of the largest difference of each step, in Markdown.
 *
 * @param {{field: string, differences: Difference[]}[]} fields
 * @param {Record<string, Bound>} bounds
 */
export function makeTable(fields, bounds) {
  const rows = Object.entries(bounds).map(([step, { bound, words }]) => {
    const all = fields.flatMap(({ field, differences }) =>
      differences.filter((one) => one.step === step).map((one) => ({ field, ...one })),
    );
    const worst = all.reduce((a, b) => (b.difference > a.difference ? b : a), { field: "", difference: 0 });
    return `| ${step} | ${all.length} | ${format(worst.difference)} | ${format(bound)} | ${words} | ${worst.difference > 0 ? worst.field : ""} |`;
  });
  return ["| step | fields | largest difference | bound | unit | field |", "|---|---|---|---|---|---|", ...rows].join("\n");
}

/** @param {number} value */
function format(value) {
  return value === 0 || !Number.isFinite(value) ? String(value) : Number(value.toPrecision(2)).toString();
}
