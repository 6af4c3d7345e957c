/** Calibrated probabilities and prediction sets (inference/uncertainty.py). */

const LEAST = 1e-30;

/**
 * Divide the logits of one softmax output by a temperature.
 *
 * @param {ArrayLike<number>} probabilities
 * @param {number} temperature
 * @returns {number[]}
 */
export function applyTemperature(probabilities, temperature) {
  const logits = Array.from(probabilities, (value) => Math.log(Math.max(value, LEAST)) / temperature);
  return softmax(logits);
}

/** Return the softmax of logits. @param {readonly number[]} logits @returns {number[]} */
export function softmax(logits) {
  const greatest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - greatest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
}

/**
 * Return the classes that cannot be excluded, most probable first. The first is always included.
 *
 * @param {readonly number[]} probabilities
 * @param {number} threshold
 * @returns {number[]}
 */
export function predictionSet(probabilities, threshold) {
  const order = orderByProbability(probabilities);
  return order.filter((index) => index === order[0] || probabilities[index] >= threshold);
}

/** Return the classes, most probable first; of equal ones the earlier. @param {readonly number[]} probabilities */
export function orderByProbability(probabilities) {
  return probabilities.map((_, index) => index).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
}
