/** Words of the service on the page: classes, conclusions, reasons and cautions; unknown ones are shown as they are. */

import { formatNumber, formatShare, hasText, t } from "../../shared/texts.js";
import { decimalsOf } from "./core/ruler.js";

/** @param {string} prefix @param {string} word */
function wordOf(prefix, word) {
  const key = `${prefix}.${word}`;
  return hasText(key) ? t(key) : word.replaceAll("_", " ");
}

/** @param {string} kind of a cell */
export const kindTitle = (kind) => wordOf("cell.kind", kind);

/** @param {string} kind of a cell; a short name for narrow places */
export const kindShort = (kind) => wordOf("cell.short", kind);

/** @param {string} conclusion or label */
export const conclusionTitle = (conclusion) => wordOf("conclusion", conclusion);

/** @param {string} status of an examination */
export const statusTitle = (status) => wordOf("status", status);

/** @param {string} reason of a rejection; what is wrong, to follow a colon */
export const reasonText = (reason) => wordOf("rejected.what", reason);

/** @param {string} reason of a rejection; what to do */
export const reasonAdvice = (reason) => (hasText(`rejected.do.${reason}`) ? t(`rejected.do.${reason}`) : "");

/** @param {string} caution about a field */
export const cautionText = (caution) => wordOf("caution", caution);

/** @param {string} source of a pixel size */
export const pixelSizeSource = (source) => wordOf("pixel_size", source);

/** Return titles joined as a list of alternatives. @param {string[]} labels */
export function listConclusions(labels) {
  return labels.map(conclusionTitle).join(t("list.or"));
}

/** Format a length in micrometres with about three digits. @param {number} um */
export function formatUm(um) {
  const digits = decimalsOf(um);
  return `${formatNumber(um, { minimumFractionDigits: digits, maximumFractionDigits: digits })} µm`;
}

/** Format a round length in micrometres, as under a scale bar. @param {number} um */
export function formatRoundUm(um) {
  return um >= 1000 ? `${formatNumber(um / 1000)} mm` : `${formatNumber(um)} µm`;
}

/** Format a share and its interval, as in "12 % (8 % to 17 %)". @param {number | null} share @param {[number, number] | null} interval */
export function formatInterval(share, interval) {
  if (share === null || interval === null) return "–";
  const [low, high] = interval;
  return t("share.interval", { share: formatShare(share), low: formatShare(low), high: formatShare(high) });
}
