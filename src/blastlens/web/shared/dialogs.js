/** Modal dialogs: a question with buttons, built on the browser's own <dialog>. */

import { html, nothing, render } from "lit";
import { t } from "./texts.js";

/**
 * @typedef {object} Choice
 * @property {string} value what the promise resolves to
 * @property {string} label
 * @property {"primary" | "danger"} [tone]
 */

/**
 * Ask a question, and wait for one of its choices.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {unknown} question.content text or template
 * @param {Choice[]} [question.choices] a single button that closes it, where left out
 * @param {boolean} [question.closable] whether Escape closes it; true where left out
 * @param {(dialog: HTMLDialogElement) => void} [question.onOpen]
 * @returns {Promise<string | null>} the value of the choice; null where it was closed without one.
 */
export function ask({ title, content, choices, closable = true, onOpen }) {
  const dialog = document.createElement("dialog");
  const before = /** @type {HTMLElement | null} */ (document.activeElement);
  dialog.setAttribute("aria-labelledby", "dialog-title");
  dialog.className = "dialog";
  const buttons = choices ?? [{ value: "close", label: t("dialog.close"), tone: "primary" }];
  render(
    html`<form method="dialog">
      <h2 id="dialog-title" tabindex="-1">${title}</h2>
      <div class="dialog-content">${content}</div>
      <div class="dialog-choices">
        ${buttons.map((one) => html`<button value=${one.value} class=${one.tone ?? nothing}>${one.label}</button>`)}
      </div>
    </form>`,
    dialog,
  );
  document.body.append(dialog);
  if (!closable) dialog.addEventListener("cancel", (event) => event.preventDefault());
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      before?.focus?.();
      resolve(dialog.returnValue || null);
    });
    dialog.showModal();
    onOpen?.(dialog);
  });
}
