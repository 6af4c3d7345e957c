/** What travels with an upload of the verdict that was made on the device. */

const DIGEST = /^[0-9a-f]{64}$/;
const DECIMALS = 4;

/**
 * @typedef {object} Edge
 * @property {string} digest SHA-256 of the model package, in hexadecimal
 * @property {Record<string, number>} probabilities by label
 * @property {string[]} set labels of the prediction set
 */

/**
 * Return what an upload says of a verdict; null where there is none, or one without an answer.
 *
 * @param {any} verdict of the shape of a line of `blastlens classify --json`
 * @returns {Edge | null}
 */
export function edgeOf(verdict) {
  const digest = verdict?.model?.digest;
  if (verdict?.status !== "CLASSIFIED" || !DIGEST.test(digest ?? "")) return null;
  const probabilities = Object.entries(verdict.probabilities ?? {}).map(([label, value]) => [label, Number(Number(value).toFixed(DECIMALS))]);
  if (probabilities.length === 0 || probabilities.some(([, value]) => !Number.isFinite(value))) return null;
  return { digest, probabilities: Object.fromEntries(probabilities), set: [...verdict.prediction_set] };
}
