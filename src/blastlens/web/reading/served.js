/**
 * Addresses of what the reading engine loads, as the build wrote them.
 *
 * @typedef {object} ServedFile
 * @property {string} path address on the page's own origin
 * @property {number} bytes
 */

/**
 * @typedef {object} ServedPackage
 * @property {string} base address of the package's folder, ending with a slash
 * @property {string} version
 * @property {string} digest
 * @property {ServedFile[]} files
 * @property {number} bytes of all files
 */

/**
 * @typedef {object} Served
 * @property {string} worker address of the reading worker
 * @property {Record<string, ServedFile[]>} runtimes files of each build of LiteRT's wasm, by the script that
 *   `chooseScript` returns
 * @property {Record<string, ServedPackage>} packages
 */

/** What the build put beside the page. @returns {Served} */
export function served() {
  return /** @type {any} */ (globalThis).READING;
}
