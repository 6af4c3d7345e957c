/** Encryption of single values with the data key: AES-GCM, bound to the place where the value lies. */

const IV_BYTES = 12;

/**
 * @typedef {object} Sealed
 * @property {Uint8Array<ArrayBuffer>} iv
 * @property {ArrayBuffer} data
 */

/**
 * Encrypt bytes.
 *
 * @param {CryptoKey} key
 * @param {string} place such as `ID/image`: bytes that were moved to another place cannot be opened
 * @param {BufferSource} bytes
 * @returns {Promise<Sealed>}
 */
export async function seal(key, place, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  return { iv, data: await crypto.subtle.encrypt(algorithm(iv, place), key, bytes) };
}

/**
 * Decrypt bytes.
 *
 * @param {CryptoKey} key
 * @param {string} place
 * @param {Sealed} sealed
 * @returns {Promise<ArrayBuffer>}
 * @throws {DOMException} they were changed, moved or encrypted with another key.
 */
export function unseal(key, place, { iv, data }) {
  return crypto.subtle.decrypt(algorithm(iv, place), key, data);
}

/** Encrypt a plain value. @param {CryptoKey} key @param {string} place @param {unknown} value */
export function sealValue(key, place, value) {
  return seal(key, place, new TextEncoder().encode(JSON.stringify(value)));
}

/** Decrypt a plain value. @param {CryptoKey} key @param {string} place @param {Sealed} sealed */
export async function unsealValue(key, place, sealed) {
  return JSON.parse(new TextDecoder().decode(await unseal(key, place, sealed)));
}

/** Whether an error says that a sealed value is damaged. @param {unknown} error */
export function isUnreadable(error) {
  return (error instanceof DOMException && error.name === "OperationError") || error instanceof SyntaxError || error instanceof TypeError;
}

/** @param {Uint8Array<ArrayBuffer>} iv @param {string} place */
function algorithm(iv, place) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`blastlens screening 1/${place}`) };
}
