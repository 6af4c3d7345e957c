/** Differential of an examination: white cells by class, and the share of blasts. */

import { html, nothing } from "lit";
import { elementStyle } from "../../shared/element_style.js";
import { formatShare, t } from "../../shared/texts.js";
import { sharesOf } from "./core/differential.js";
import { KINDS, NOT_A_CELL } from "./core/kinds.js";
import { formatInterval, kindTitle } from "./words.js";

/** @param {import("./core/differential.js").Differential | null | undefined} differential */
export function differentialTemplate(differential) {
  if (!differential) return html`<p class="exam-small">${t("differential.none")}</p>`;
  const rows = sharesOf(differential, KINDS).filter(({ kind, count }) => kind !== NOT_A_CELL || count > 0);
  return html`
    <table class="plain exam-differential">
      <caption class="visually-hidden">${t("differential.title")}</caption>
      <thead>
        <tr><th scope="col">${t("differential.class")}</th><th scope="col">${t("differential.cells")}</th><th scope="col">${t("differential.share")}</th></tr>
      </thead>
      <tbody>${rows.map(row)}</tbody>
      <tfoot>
        <tr><th scope="row">${t("differential.all")}</th><td class="numeric">${differential.cells}</td><td></td></tr>
        <tr class="blasts">
          <th scope="row">${t("differential.blasts")}</th>
          <td class="numeric">${differential.blasts}</td>
          <td>${formatInterval(differential.blast_share, differential.blast_interval)}</td>
        </tr>
      </tfoot>
    </table>
    <p class="exam-small">
      ${differential.moved > 0 ? t("differential.moved", { count: differential.moved }) : t("differential.model")}
      ${t("differential.blasts_note")}
    </p>
  `;
}

/** @param {{kind: string, count: number, share: number}} one */
function row({ kind, count, share }) {
  return html`<tr data-kind=${kind}>
    <th scope="row"><span class="swatch" aria-hidden="true"></span>${kindTitle(kind)}</th>
    <td class="numeric">${count}</td>
    <td>
      ${kind === NOT_A_CELL
        ? nothing
        : html`<span class="bar" ${elementStyle({ "--share": String(share) })}></span><span class="numeric">${formatShare(share)}</span>`}
    </td>
  </tr>`;
}
