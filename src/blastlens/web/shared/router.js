/** Routes in the address after `#`: patterns, parameters and navigation. */

/**
 * @typedef {object} RouteDefinition
 * @property {string} name
 * @property {string} pattern such as `/patients/:patient/examinations/:examination`
 * @property {() => Promise<unknown>} load imports the module that defines the element
 * @property {string} element name of the custom element that shows the route; it gets the property `route`
 */

/**
 * @typedef {object} Route
 * @property {RouteDefinition} definition
 * @property {string} address the part after `#`
 * @property {Record<string, string>} params decoded parameters of the path
 * @property {URLSearchParams} query what follows `?`
 */

/**
 * Return the route of an address, or null where there is none.
 *
 * @param {readonly RouteDefinition[]} definitions
 * @param {string} hash `location.hash`
 * @returns {Route | null}
 */
export function matchRoute(definitions, hash) {
  const address = hash.replace(/^#/, "") || "/";
  const [path, query = ""] = address.split("?", 2);
  for (const definition of definitions) {
    const params = matchPath(definition.pattern, path);
    if (params) return { definition, address, params, query: new URLSearchParams(query) };
  }
  return null;
}

/** @param {string} pattern @param {string} path @returns {Record<string, string> | null} */
function matchPath(pattern, path) {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const params = {};
  for (const [place, part] of wanted.entries()) {
    if (!part.startsWith(":")) {
      if (part !== given[place]) return null;
      continue;
    }
    const value = decode(given[place]);
    if (!value) return null;
    params[part.slice(1)] = value;
  }
  return params;
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * Return the address of a route, with `#`, for links.
 *
 * @param {string} path such as `/patients/p-1`; use the function `path` of api.js for ids
 * @param {Record<string, string | null | undefined>} [query] what is null, undefined or empty is left out
 */
export function href(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const text = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
  return text ? `#${path}?${text}` : `#${path}`;
}

/** Go to an address; `replace` leaves no entry in the history. @param {string} address @param {{replace?: boolean}} [options] */
export function navigate(address, { replace = false } = {}) {
  if (!replace) {
    location.hash = address;
    return;
  }
  history.replaceState(history.state, "", address);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
