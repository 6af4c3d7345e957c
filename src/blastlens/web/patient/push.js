/** Messages to this browser (Web Push): whether they can be switched on, on and off. */

/** @typedef {"on" | "off" | "denied" | "unsupported" | "install_first"} PushState */

/** Return whether messages are on in this browser. @param {string | null} key @returns {Promise<PushState>} */
export async function readPushState(key) {
  if (!key || !("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    return isAppleBrowser() ? "install_first" : "unsupported";
  }
  if (Notification.permission === "denied") return "denied";
  return (await subscription()) ? "on" : "off";
}

/**
 * Switch messages on. The browser asks the reader first.
 *
 * @param {import("../shared/api.js").Api} api
 * @param {string} key public key of the service
 * @returns {Promise<PushState>}
 */
export async function switchOn(api, key) {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const registration = await navigator.serviceWorker.ready;
  const known = await registration.pushManager.getSubscription();
  // A subscription with another key gets no messages of this service.
  if (known && !hasKey(known, key)) await known.unsubscribe();
  const given = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  await register(api, given);
  return "on";
}

/** Tell the service again of a subscription, whose access code may be a new one. @param {import("../shared/api.js").Api} api */
export async function renew(api) {
  const given = await subscription();
  if (given) await register(api, given);
}

/** Switch messages off, at the service first. @param {import("../shared/api.js").Api} api @returns {Promise<PushState>} */
export async function switchOff(api) {
  const given = await subscription();
  if (given) {
    await api.delete(`/p/v1/push-subscriptions/${await idOf(given.endpoint)}`);
    await given.unsubscribe();
  }
  return "off";
}

/** Return the id of a browser, as the service derives it from its address. @param {string} endpoint */
export async function idOf(endpoint) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return [...digest.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {import("../shared/api.js").Api} api @param {PushSubscription} given */
async function register(api, given) {
  await api.post("/p/v1/push-subscriptions", given.toJSON());
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration("/p/");
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** @param {PushSubscription} given @param {string} key */
function hasKey(given, key) {
  const bytes = new Uint8Array(given.options.applicationServerKey ?? new ArrayBuffer(0));
  const text = btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  return text === key;
}

function isAppleBrowser() {
  return /iPhone|iPad/.test(navigator.userAgent);
}
