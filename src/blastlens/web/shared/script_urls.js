/**
 * Addresses of scripts that the page starts by itself: service workers and the reading worker.
 *
 * The content policy admits one Trusted Types policy beside lit's. It is made once, and admits these addresses only.
 */

const ADMITTED = [/^\/p\/service-worker\.js$/, /^\/screening\/service-worker\.js$/, /^\/screening\/litert\/\w[\w.-]*\/reading-worker\.js$/];

/** @type {any} */
let policy = null;

/**
 * Return an address in the form that `new Worker` and `serviceWorker.register` take under the policy.
 *
 * @param {string} address path on the page's own origin
 * @returns {any} TrustedScriptURL; the text itself where the browser has no Trusted Types
 * @throws {TypeError} the address is not one of a script of the page.
 */
export function trustedScript(address) {
  const admitted = admit(address);
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return admitted;
  policy ??= types.createPolicy("blastlens", { createScriptURL: admit });
  return policy.createScriptURL(admitted);
}

/** @param {string} address */
function admit(address) {
  if (!ADMITTED.some((pattern) => pattern.test(address))) throw new TypeError("This is not a script of the page.");
  return address;
}
