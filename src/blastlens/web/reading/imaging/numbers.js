/** Arithmetic as Python and NumPy define it: rounding, quantiles and stable orders. */

/** @typedef {Float64Array | Float32Array | Uint8Array | Int32Array | number[]} Numbers */

export { roundHalfEven } from "../opencv/arithmetic.js";

/** @param {number} value @param {number} low @param {number} high */
export function clip(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/**
 * Return a quantile with linear interpolation, as `numpy.quantile`; in single precision for a Float32Array.
 *
 * @param {Numbers} values at least one; not changed
 * @param {number} share 0 to 1
 */
export function quantile(values, share) {
  if (values.length === 0) throw new RangeError("an empty array has no quantile");
  const { previous, gamma } = quantilePlace(values.length, share);
  const sorted = Array.isArray(values) ? Float64Array.from(values) : values.slice();
  const low = selectRank(sorted, previous);
  const high = previous + 1 < sorted.length ? leastFrom(sorted, previous + 1) : low;
  return values instanceof Float32Array ? interpolateSingle(low, high, gamma) : interpolate(low, high, gamma);
}

/**
 * Return a quantile of values that are whole numbers from 0 on, given by how often each occurs.
 *
 * @param {Numbers} counts
 * @param {number} share 0 to 1
 * @param {boolean} [isSingle] whether NumPy has the values in single precision
 */
export function quantileOfCounts(counts, share, isSingle = false) {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) throw new RangeError("an empty array has no quantile");
  const { previous, gamma } = quantilePlace(total, share);
  const low = valueOfRank(counts, previous);
  const high = valueOfRank(counts, Math.min(previous + 1, total - 1));
  return isSingle ? interpolateSingle(low, high, gamma) : interpolate(low, high, gamma);
}

/** Return the indices that sort values, equal ones in their order. @param {Numbers} values @returns {number[]} */
export function argsort(values) {
  return Array.from(values, (_, index) => index).sort((a, b) => values[a] - values[b] || a - b);
}

/** Return the index of the greatest value, the first of equal ones. @param {readonly number[]} values */
export function greatestIndex(values) {
  return values.indexOf(Math.max(...values));
}

/** @param {number} count @param {number} share */
function quantilePlace(count, share) {
  const virtual = (count - 1) * share;
  const previous = Math.min(Math.floor(virtual), count - 1);
  return { previous, gamma: virtual - previous };
}

/** @param {number} low @param {number} high @param {number} gamma */
function interpolate(low, high, gamma) {
  const difference = high - low;
  return gamma >= 0.5 ? high - difference * (1 - gamma) : low + difference * gamma;
}

/** @param {number} low @param {number} high @param {number} gamma */
function interpolateSingle(low, high, gamma) {
  const single = Math.fround;
  const difference = single(high - low);
  if (gamma >= 0.5) return single(high - single(difference * single(1 - gamma)));
  return single(low + single(difference * single(gamma)));
}

/** @param {Numbers} counts @param {number} rank */
function valueOfRank(counts, rank) {
  let below = 0;
  for (let value = 0; value < counts.length; value++) {
    below += counts[value];
    if (below > rank) return value;
  }
  return counts.length - 1;
}

/**
 * Return the value of a rank, and order the array partly: smaller ones before it, greater ones behind (Hoare's quickselect).
 *
 * @param {Exclude<Numbers, number[]>} values changed
 * @param {number} rank
 */
function selectRank(values, rank) {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1];
    let low = left;
    let high = right;
    while (low <= high) {
      while (values[low] < pivot) low++;
      while (values[high] > pivot) high--;
      if (low <= high) {
        const kept = values[low];
        values[low++] = values[high];
        values[high--] = kept;
      }
    }
    if (rank <= high) right = high;
    else if (rank >= low) left = low;
    else break;
  }
  return values[rank];
}

/** @param {Numbers} values @param {number} first */
function leastFrom(values, first) {
  let least = values[first];
  for (let index = first + 1; index < values.length; index++) if (values[index] < least) least = values[index];
  return least;
}
