/** Linear least squares with few unknowns; `numpy.linalg.lstsq`. */

const EPSILON = 2 ** -52;
const MOST_SWEEPS = 30;

/**
 * Return the solution with the least errors, and of these the shortest one, by a singular value decomposition with
 * rotations of columns (Hestenes 1958, J Soc Ind Appl Math 6:51).
 *
 * @param {number[][]} rows coefficients of each equation
 * @param {number[]} values right side of each equation
 * @returns {number[]} the unknowns
 */
export function solveLeastSquares(rows, values) {
  const count = rows[0].length;
  const columns = Array.from({ length: count }, (_, column) => Float64Array.from(rows, (row) => row[column]));
  const turned = Array.from({ length: count }, (_, column) =>
    Float64Array.from({ length: count }, (_, row) => (row === column ? 1 : 0)),
  );
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let isDone = true;
    for (let first = 0; first < count; first++) {
      for (let second = first + 1; second < count; second++) {
        if (rotate(columns, turned, first, second)) isDone = false;
      }
    }
    if (isDone) break;
  }
  const lengths = columns.map((column) => Math.sqrt(multiply(column, column)));
  const least = EPSILON * Math.max(rows.length, count) * Math.max(...lengths);
  const solution = new Array(count).fill(0);
  columns.forEach((column, index) => {
    if (lengths[index] <= least) return;
    const part = multiply(column, values) / lengths[index] ** 2;
    for (let row = 0; row < count; row++) solution[row] += part * turned[index][row];
  });
  return solution;
}

/**
 * Rotate two columns until they are perpendicular.
 *
 * @param {Float64Array[]} columns
 * @param {Float64Array[]} turned rotated likewise
 * @param {number} first
 * @param {number} second
 * @returns {boolean} whether they were not
 */
function rotate(columns, turned, first, second) {
  const [a, b] = [columns[first], columns[second]];
  const [squareA, squareB, product] = [multiply(a, a), multiply(b, b), multiply(a, b)];
  if (Math.abs(product) <= EPSILON * Math.sqrt(squareA * squareB)) return false;
  const ratio = (squareB - squareA) / (2 * product);
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(1 + ratio * ratio));
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  for (const [x, y] of [
    [a, b],
    [turned[first], turned[second]],
  ]) {
    for (let row = 0; row < x.length; row++) {
      const [left, right] = [x[row], y[row]];
      x[row] = cosine * (left - tangent * right);
      y[row] = cosine * (tangent * left + right);
    }
  }
  return true;
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function multiply(a, b) {
  let sum = 0;
  for (let row = 0; row < a.length; row++) sum += a[row] * b[row];
  return sum;
}
