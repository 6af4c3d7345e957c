/** Views of the page, by the address after `#`. Addresses hold random ids only. */

/** @typedef {import("../shared/router.js").RouteDefinition & {title: string}} ViewDefinition `title` is the key of a text */

/** All views are loaded with the page: it has to work without a network. */
const load = async () => undefined;

/** @type {ViewDefinition[]} */
export const ROUTES = [
  { name: "home", title: "screening.page_title", pattern: "/", element: "bl-screening-home", load },
  { name: "examination", title: "screening.examination", pattern: "/examinations/:examination", element: "bl-screening-examination", load },
  { name: "camera", title: "screening.camera", pattern: "/examinations/:examination/camera", element: "bl-screening-camera", load },
  { name: "field", title: "screening.field_title", pattern: "/examinations/:examination/fields/:field", element: "bl-screening-field", load },
  { name: "about", title: "screening.about", pattern: "/about", element: "bl-screening-about", load },
];
