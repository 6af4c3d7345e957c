/** Registration of the service worker, under a policy that admits its own address only. */

import { trustedScript } from "../shared/script_urls.js";

const ADDRESS = "/p/service-worker.js";

/** Register the service worker; without one, the page works while there is a network, and gets no messages. */
export async function registerWorker() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(trustedScript(ADDRESS), { scope: "/p/" });
  } catch (error) {
    console.warn("The service worker could not be registered.", error);
  }
}
