/** Previous and next examination of the worklist, above an examination. */

import { html, nothing } from "lit";
import { PageElement } from "../../shared/element.js";
import { addKeys } from "../../shared/keyboard.js";
import { href, navigate } from "../../shared/router.js";
import { path } from "../../shared/api.js";
import { formatNumber, t } from "../../shared/texts.js";
import { worklist } from "../worklist/current.js";
import { keyOf } from "../worklist/rows.js";
import { worklistAddress } from "../worklist/filters.js";

class Neighbours extends PageElement {
  static properties = { patient: {}, examination: {} };

  constructor() {
    super();
    this.patient = "";
    this.examination = "";
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(worklist.onChange(() => this.requestUpdate()));
    this.untilGone(
      addKeys([
        { key: "n", label: "keys.next", run: () => this._go("next") },
        { key: "p", label: "keys.previous", run: () => this._go("previous") },
      ]),
    );
    // After a reload there is no list yet.
    if (!worklist.isLoaded && !worklist.isLoading) worklist.open(worklist.filters);
  }

  /** @param {"next" | "previous"} where */
  _go(where) {
    const row = this._around()?.[where];
    if (row) navigate(addressOf(row));
  }

  _around() {
    const around = worklist.around(keyOf(this.patient, this.examination));
    // The last rows of what is loaded: the next one has to be loaded first.
    if (around && !around.next && !worklist.isComplete && !worklist.error) worklist.more();
    return around;
  }

  render() {
    const around = this._around();
    return html`<nav class="neighbours" aria-label=${t("neighbours.title")}>
      <a href=${worklistAddress(worklist.filters)}>${t("neighbours.back")}</a>
      ${around ? html`
        ${link(around.previous, "previous")} ${link(around.next, "next")}
        <span class="place numeric">${t("neighbours.place", { place: around.place, count: `${formatNumber(worklist.rows.length)}${worklist.isComplete ? "" : "+"}` })}</span>
      ` : nothing}
    </nav>`;
  }
}

/** @param {import("../worklist/rows.js").Row | null} row @param {"previous" | "next"} where */
function link(row, where) {
  const text = t(`neighbours.${where}`);
  if (!row) return html`<span class="soft">${text}</span>`;
  return html`<a href=${addressOf(row)} rel=${where === "next" ? "next" : "prev"}>${text}</a>`;
}

/** @param {import("../worklist/rows.js").Row} row */
export function addressOf(row) {
  return href(path`/patients/${row.patient}/examinations/${row.examination}`);
}

customElements.define("bl-neighbours", Neighbours);
