/** One file of an upload: its name, how far it is, and what the service says of it. */

import { html, nothing } from "lit";
import { mark } from "../../shared/marks.js";
import { messageOf, Problem } from "../../shared/problem.js";
import { formatNumber, formatShare, hasText, t } from "../../shared/texts.js";

/** @typedef {import("./queue.js").Examination} Examination */
/** @typedef {import("./queue.js").Item} Item */
/** @typedef {import("./queue.js").UploadQueue} UploadQueue */

/** @param {Examination} examination @param {Item} item @param {UploadQueue} queue */
export function fileRow(examination, item, queue) {
  const { file, state } = item;
  const mayRemove = !examination.isStarted || state === "failed" || state === "refused";
  return html`<li class="upload-file">
    <span class="upload-name">${file.name}<small class="soft">${sizeText(file.size)}</small></span>
    <span class="upload-state">${stateOf(item)}</span>
    <span class="upload-row-actions">
      ${state === "failed" && examination.isStarted ? html`<button class="small" @click=${() => queue.retry(item)}>${t("problem.retry")}<span class="visually-hidden">: ${file.name}</span></button>` : nothing}
      ${mayRemove ? html`<button class="small quiet" @click=${() => queue.remove(examination, item)}>${t("upload.remove")}<span class="visually-hidden">: ${file.name}</span></button>` : nothing}
    </span>
    ${why(item)}
  </li>`;
}

/** @param {Item} item */
function stateOf(item) {
  const { state, reason, progress, isPaused, file } = item;
  if (state === "sending" && isPaused) return mark("caution", t("upload.paused"));
  if (state === "sending") {
    return html`<progress max="1" .value=${progress} aria-label=${file.name}></progress><span class="numeric">${formatShare(progress)}</span>`;
  }
  if (state === "refused") return mark("high", t("upload.not_sent"));
  if (state === "failed") return mark("high", t("upload.failed"));
  if (state === "answered") return reason === null ? mark("calm", t("upload.read")) : mark("caution", t("upload.rejected"));
  if (state === "stored") return mark("todo", t("upload.stored"));
  return mark("soft", t(`upload.${state}`));
}

/** @param {Item} item */
function why({ reason, state, error }) {
  if (reason !== null) return html`<p class="upload-why">${refusal(reason)}</p>`;
  if (state !== "failed") return nothing;
  return html`<p class="upload-why">${error instanceof Problem ? messageOf(error) : t("upload.unreadable")}</p>`;
}

/** Return the service's sentences of a reason: what is wrong, and what to do. @param {string} reason */
export function refusal(reason) {
  if (!hasText(`rejected.what.${reason}`)) return reason;
  const what = t(`rejected.what.${reason}`);
  const advice = t(`rejected.do.${reason}`);
  return `${what[0].toUpperCase()}${what.slice(1)}. ${advice}`;
}

/** @param {number} bytes */
function sizeText(bytes) {
  const [divisor, unit] = bytes < 1024 ** 2 ? [1024, "KB"] : [1024 ** 2, "MB"];
  return `${formatNumber(bytes / divisor, { maximumFractionDigits: 1 })} ${unit}`;
}
