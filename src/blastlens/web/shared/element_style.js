/**
 * Styles that are computed, such as places and sizes, under a policy that admits no style attributes.
 *
 * Lit's styleMap writes an attribute at first, which the policy refuses; this sets each property on the element.
 */

import { Directive, PartType, directive } from "lit/directive.js";
import { nothing } from "lit";

class StyleDirective extends Directive {
  /** @param {import("lit/directive.js").PartInfo} part */
  constructor(part) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("elementStyle stands between the attributes of an element.");
  }

  /** @param {Record<string, string>} _styles */
  render(_styles) {
    return nothing;
  }

  /** @param {import("lit/directive.js").ElementPart} part @param {[Record<string, string>]} styles */
  update(part, [styles]) {
    const { style } = /** @type {HTMLElement} */ (part.element);
    for (const [name, value] of Object.entries(styles)) {
      if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
    }
    return nothing;
  }
}

/** Set properties of an element: `<div ${elementStyle({ top: "12px", "--share": "0.4" })}>`. */
export const elementStyle = directive(StyleDirective);
