/** Logarithm and exponential in single precision, to the last bit as NumPy computes them on x86-64. */

const single = Math.fround;
/** Coefficients of the rational approximations that NumPy uses (loops_exponent_log), from the highest power down. */
const LOG_ABOVE = singles(2.589979117907922693523e-2, 3.808837741388407920751e-1, 1.480000633576506585156, 2.112677543073053063722, 1, 0);
const LOG_BELOW = singles(
  5.875095403124574342950e-3,
  1.546476374983906719538e-1,
  9.864942958519418960339e-1,
  2.453006071784736363091,
  2.612677543073109236779,
  1,
);
const EXP_ABOVE = singles(
  5.082762527590693718096e-4,
  6.757896990527504603057e-3,
  5.114512081637298353406e-2,
  2.473615434895520810817e-1,
  7.257664613233124478488e-1,
  9.999999999980870924916e-1,
);
const EXP_BELOW = singles(2.159509375685829852307e-2, -2.742335390411667452936e-1, 1);
/** The natural logarithm of 2 in one number, and in two whose sum is more exact. */
const LOG_2 = single(Math.LN2);
const [LOG_2_HIGH, LOG_2_LOW] = [single(6.93145752e-1), single(1.42860677e-6)];
const HALF_ROOT = single(Math.SQRT1_2);

/** @param {number[]} values */
function singles(...values) {
  return Float32Array.from(values);
}

/**
 * Return the natural logarithm of a number.
 *
 * @param {number} value of single precision, at least 1
 */
export function logSingle(value) {
  let power = Math.ceil(Math.log2(value));
  let mantissa = value / 2 ** power; // 0.5 to 1, 1 included
  if (mantissa === 1) [mantissa, power] = [0.5, power + 1];
  if (mantissa < HALF_ROOT) [mantissa, power] = [2 * mantissa, power - 1];
  const rest = single(mantissa - 1);
  const quotient = single(evaluate(LOG_ABOVE, rest) / evaluate(LOG_BELOW, rest));
  return single(power * LOG_2 + quotient);
}

/**
 * Return e to the power of a number.
 *
 * @param {number} value of single precision, from -80 to 80
 */
export function expSingle(value) {
  const power = roundToWhole(single(value * single(Math.LOG2E)));
  const rest = single(single(value - power * LOG_2_HIGH) - power * LOG_2_LOW);
  return single(evaluate(EXP_ABOVE, rest) / evaluate(EXP_BELOW, rest)) * 2 ** power;
}

/** Return a polynomial's value; each product is added before it is rounded. @param {Float32Array} coefficients @param {number} value */
function evaluate(coefficients, value) {
  let sum = coefficients[0];
  for (let place = 1; place < coefficients.length; place++) sum = single(sum * value + coefficients[place]);
  return sum;
}

/** @param {number} value */
function roundToWhole(value) {
  const large = 1.5 * 2 ** 23;
  return single(single(value + large) - large);
}
