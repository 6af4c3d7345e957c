/** Base of the views: rendered again after each change of the workspace. */

import { PageElement } from "../../shared/element.js";
import { workspace } from "../workspace.js";

export class View extends PageElement {
  /** @type {Record<string, import("lit").PropertyDeclaration>} */
  static properties = { route: {} };

  constructor() {
    super();
    /** @type {import("../../shared/router.js").Route | null} */
    this.route = null;
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(workspace().onChange(() => this.requestUpdate()));
  }

  /** Examination that the address names; null where there is none (any more). */
  get examination() {
    return workspace().examination(this.route?.params.examination);
  }
}
