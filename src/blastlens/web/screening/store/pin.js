/**
 * PIN, device key and data key.
 *
 * The data key encrypts everything and is stored wrapped. The key that unwraps it comes from two things: the PIN, by PBKDF2, and the
 * device key, which the browser holds and hands out to no script. Who copies the records without it cannot try PINs.
 */

import { PinRefused } from "./errors.js";

/** Rounds of PBKDF2-HMAC-SHA-256 of a new PIN. Stored beside the salt, so that it can grow. */
export const ROUNDS = 600_000;

const LEAST_DIGITS = 6;
const MOST_DIGITS = 64;
const IV_BYTES = 12;
const PURPOSE = new TextEncoder().encode("blastlens screening: data key, 1");

/** Wrong PINs that cost no wait; then it doubles from the first wait to the longest. */
const FREE_TRIES = 3;
const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 15 * 60_000;

/**
 * @typedef {object} WrappedKey
 * @property {Uint8Array<ArrayBuffer>} salt
 * @property {number} rounds
 * @property {Uint8Array<ArrayBuffer>} iv
 * @property {ArrayBuffer} wrapped
 */

/** Check that a PIN may be one at all. @param {string} pin @throws {PinRefused} */
export function checkPin(pin) {
  if (!/^\d*$/.test(pin)) throw new PinRefused("digits");
  if (pin.length < LEAST_DIGITS || pin.length > MOST_DIGITS) throw new PinRefused("short");
}

/** Check a new PIN. @param {string} pin @throws {PinRefused} */
export function checkNewPin(pin) {
  checkPin(pin);
  const steps = new Set([...pin].slice(1).map((digit, place) => (Number(digit) - Number(pin[place]) + 10) % 10));
  if (steps.size === 1 && [0, 1, 9].includes([...steps][0])) throw new PinRefused("simple");
}

/** Return how long to wait after so many wrong PINs in a row, in milliseconds. @param {number} wrong */
export function waitAfter(wrong) {
  return wrong < FREE_TRIES ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (wrong - FREE_TRIES), LONGEST_WAIT_MS);
}

/** Return a new key of the device, which no script can read. @returns {Promise<CryptoKey>} */
export async function makeDeviceKey() {
  return /** @type {CryptoKey} */ (await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]));
}

/** Return a new data key; it must be wrapped, and is readable until then. @returns {Promise<CryptoKey>} */
export async function makeDataKey() {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
}

/**
 * Wrap a data key by a PIN.
 *
 * @param {CryptoKey} dataKey
 * @param {string} pin
 * @param {CryptoKey} deviceKey
 * @param {number} rounds
 * @returns {Promise<WrappedKey>}
 */
export async function wrapDataKey(dataKey, pin, deviceKey, rounds) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const wrapping = await wrappingKey(pin, salt, rounds, deviceKey);
  const wrapped = await crypto.subtle.wrapKey("raw", dataKey, wrapping, { name: "AES-GCM", iv, additionalData: PURPOSE });
  return { salt, rounds, iv, wrapped };
}

/**
 * Unwrap a data key.
 *
 * @param {WrappedKey} wrapped
 * @param {string} pin
 * @param {CryptoKey} deviceKey
 * @param {boolean} [isReadable] whether the key is to be wrapped again
 * @returns {Promise<CryptoKey | null>} null where the PIN is wrong.
 */
export async function unwrapDataKey({ salt, rounds, iv, wrapped }, pin, deviceKey, isReadable = false) {
  const wrapping = await wrappingKey(pin, salt, rounds, deviceKey);
  const algorithm = { name: "AES-GCM", iv, additionalData: PURPOSE };
  try {
    return await crypto.subtle.unwrapKey("raw", wrapped, wrapping, algorithm, "AES-GCM", isReadable, ["encrypt", "decrypt"]);
  } catch (error) {
    if (error instanceof DOMException && error.name === "OperationError") return null;
    throw error;
  }
}

/** @param {string} pin @param {Uint8Array<ArrayBuffer>} salt @param {number} rounds @param {CryptoKey} deviceKey */
async function wrappingKey(pin, salt, rounds, deviceKey) {
  const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  const stretched = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds }, typed, 256);
  const bound = await crypto.subtle.sign("HMAC", deviceKey, stretched);
  return crypto.subtle.importKey("raw", bound, "AES-GCM", false, ["wrapKey", "unwrapKey"]);
}
