/** Base of the page's elements: rendered into the document itself, and again when the language changes. */

import { LitElement } from "lit";
import { onLanguage } from "./texts.js";

/**
 * Styles come from the page's style sheet, so that one sheet serves all elements, print and both appearances, and ids
 * can be referred to across elements.
 */
export class PageElement extends LitElement {
  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    /** @type {(() => void)[]} */
    this._endings = [onLanguage(() => this.requestUpdate())];
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const end of this._endings ?? []) end();
    this._endings = [];
  }

  /** Call `end` when the element leaves the document. @param {() => void} end */
  untilGone(end) {
    this._endings?.push(end);
  }
}
