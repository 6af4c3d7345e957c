/**
 * Views of the clinic's page.
 *
 * A view is a custom element in a module that is loaded when its route is opened. The frame sets `route`
 * (shared/router.js) on it, and a new one when only parameters or the query change. The element renders one `h1`,
 * which gets the focus unless the element's method `arrive` returns true. It takes the client and the signed-in person
 * from `clinic/context.js`, adds its texts with `addTexts`, and its styles to `clinic/styles.css`.
 */

/** @typedef {import("../shared/router.js").RouteDefinition & {title: string}} ViewDefinition `title` is the key of a text */

/** @type {ViewDefinition[]} */
export const VIEWS = [
  {
    name: "worklist",
    title: "worklist.title",
    pattern: "/worklist",
    element: "bl-worklist",
    load: () => import("./worklist/view.js"),
  },
  {
    name: "upload",
    title: "upload.title",
    pattern: "/upload",
    element: "bl-upload",
    load: () => import("./upload/view.js"),
  },
  {
    name: "patient",
    title: "patient.title",
    pattern: "/patients/:patient",
    element: "bl-patient",
    load: () => import("./patient/view.js"),
  },
  {
    name: "examination",
    title: "exam.page",
    pattern: "/patients/:patient/examinations/:examination",
    element: "bl-examination",
    load: () => import("./examination/view.js"),
  },
  {
    name: "field",
    title: "exam.field_page",
    pattern: "/patients/:patient/examinations/:examination/fields/:field",
    element: "bl-field-view",
    load: () => import("./examination/field_view.js"),
  },
  {
    name: "model",
    title: "model.title",
    pattern: "/model",
    element: "bl-model",
    load: () => import("./model/view.js"),
  },
];
