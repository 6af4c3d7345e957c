/** Chance: a one-sided binomial test (domain/chance.py). */

const NEGLIGIBLE = 1e-12;

/**
 * Return whether `count` of `number` are more than a share gives by chance.
 *
 * @param {number} count what was counted
 * @param {number} number of how many
 * @param {number} share expected share, 0 to 1
 * @param {number} significance largest probability of at least `count` that is not taken for chance, 0 to 0.5
 */
export function exceedsChance(count, number, share, significance) {
  if (count === 0 || share >= 1 || (share > 0 && count <= Math.floor(number * share))) return false;
  if (share <= 0) return true;
  const odds = share / (1 - share);
  let term = Math.exp(logProbability(count, number, share));
  let total = 0;
  for (let each = count; each <= number; each++) {
    total += term;
    if (total >= significance) return false;
    if (term <= total * NEGLIGIBLE) break;
    term *= (odds * (number - each)) / (each + 1);
  }
  return true;
}

/**
 * Return the logarithm of the probability of exactly `count` of `number`.
 *
 * The number of ways is a product, since JavaScript has no logarithm of the gamma function.
 *
 * @param {number} count @param {number} number @param {number} share
 */
function logProbability(count, number, share) {
  let ways = 0;
  for (let each = 1; each <= Math.min(count, number - count); each++) {
    ways += Math.log((number - each + 1) / each);
  }
  return ways + count * Math.log(share) + (number - count) * Math.log1p(-share);
}
