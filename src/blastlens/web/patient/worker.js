/** Registration of the service worker, under a policy that admits its own address only. */

const ADDRESS = "/p/service-worker.js";

/** Register the service worker; without one, the page works while there is a network, and gets no messages. */
export async function registerWorker() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(/** @type {any} */ (trusted(ADDRESS)), { scope: "/p/" });
  } catch (error) {
    console.warn("The service worker could not be registered.", error);
  }
}

/** @param {string} address */
function trusted(address) {
  const types = /** @type {any} */ (globalThis).trustedTypes;
  if (!types) return address;
  const policy = types.createPolicy("blastlens", {
    createScriptURL: (/** @type {string} */ one) => {
      if (one !== ADDRESS) throw new TypeError("This is no script of the page.");
      return one;
    },
  });
  return policy.createScriptURL(address);
}
