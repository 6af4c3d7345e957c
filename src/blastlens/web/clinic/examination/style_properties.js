/** Directive that sets style properties through the object model: a style attribute would break the page's CSP. */

import { Directive, directive } from "lit/directive.js";

class StyleProperties extends Directive {
  /** @param {Record<string, string | null>} _properties */
  render(_properties) {
    return undefined;
  }

  /** @param {import("lit").ElementPart} part @param {[Record<string, string | null>]} values */
  update(part, [properties]) {
    const { style } = /** @type {HTMLElement} */ (part.element);
    for (const [name, value] of Object.entries(properties)) {
      if (value === null) style.removeProperty(name);
      else style.setProperty(name, value);
    }
  }
}

/** Set style properties of an element, such as `<div ${styleProperties({ "--share": "0.4" })}>`; null removes one. */
export const styleProperties = directive(StyleProperties);
