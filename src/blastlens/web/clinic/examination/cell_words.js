/** Words about one cell. */

import { formatShare, t } from "../../shared/texts.js";
import { sureness } from "./core/cells.js";
import { formatUm, kindTitle } from "./words.js";

/** @typedef {import("./core/cells.js").Cell} Cell */

/** Return what is known of a cell. @param {Cell} cell */
export function cellDetails(cell) {
  const size = cell.nucleusUm === null ? "" : t("gallery.nucleus", { size: formatUm(cell.nucleusUm) });
  const moved = cell.moved ? t("gallery.moved_by", { name: cell.moved.by, was: kindTitle(cell.modelKind) }) : "";
  return [t("gallery.blast_probability", { share: formatShare(cell.blastProbability) }), size, moved].filter(Boolean).join(" · ");
}

/** Return the name of a cell for screen readers. @param {Cell} cell @param {number} field its number, from 1 on */
export function cellLabel(cell, field) {
  const how = cell.moved ? t("gallery.chosen", { name: cell.moved.by }) : t("gallery.sure_of", { share: formatShare(sureness(cell)) });
  return `${kindTitle(cell.kind)}, ${how}, ${t("gallery.of_field", { number: field })}`;
}
