/** Menu of a cell: open it, or move it to another class. */

import { html, nothing, render } from "lit";
import { t } from "../../shared/texts.js";
import { KINDS, kindOfKey } from "./core/kinds.js";
import { kindTitle } from "./words.js";

/**
 * Show the menu beside a cell, and wait for a choice.
 *
 * @param {HTMLElement} beside
 * @param {{canMove: boolean, kind: string, point?: {x: number, y: number}}} options
 * @returns {Promise<string | null>} `open`, a kind, or null where it was closed.
 */
export function openCellMenu(beside, { canMove, kind, point }) {
  const menu = document.createElement("div");
  menu.className = "cell-menu";
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", t("menu.title"));
  menu.popover = "auto";
  render(
    html`<button role="menuitem" data-value="open">${t("gallery.open")}<kbd aria-hidden="true">↵</kbd></button>
      ${canMove
        ? KINDS.map(
            (one, place) => html`<button role="menuitemradio" aria-checked=${one === kind} data-value=${one} data-kind=${one}>
              <span class="swatch" aria-hidden="true"></span>${kindTitle(one)}<kbd aria-hidden="true">${place + 1}</kbd>
            </button>`,
          )
        : nothing}`,
    menu,
  );
  (document.querySelector("main") ?? document.body).append(menu);
  return new Promise((resolve) => {
    /** @type {string | null} */
    let chosen = null;
    const choose = (/** @type {string | null} */ value) => {
      chosen = value;
      menu.hidePopover();
    };
    menu.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("button");
      if (button) choose(button.dataset.value ?? null);
    });
    menu.addEventListener("keydown", (event) => onKey(event, menu, choose));
    menu.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState !== "closed") return;
      menu.remove();
      resolve(chosen);
    });
    menu.showPopover();
    place(menu, beside, point);
    menu.querySelector("button")?.focus();
  });
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu @param {(value: string | null) => void} choose */
function onKey(event, menu, choose) {
  const items = [...menu.querySelectorAll("button")];
  const at = items.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
  const kind = items.length > 1 ? kindOfKey(event.key) : null;
  if (event.key === "ArrowDown") items[(at + 1) % items.length].focus();
  else if (event.key === "ArrowUp") items[(at + items.length - 1) % items.length].focus();
  else if (event.key === "Home") items[0].focus();
  else if (event.key === "End") items.at(-1)?.focus();
  else if (event.key === "Tab" || event.key === "Escape") choose(null);
  else if (kind) choose(kind);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {HTMLElement} menu @param {HTMLElement} beside @param {{x: number, y: number}} [point] */
function place(menu, beside, point) {
  const box = beside.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const { x, y } = point ?? { x: box.left, y: box.bottom + 4 };
  menu.style.setProperty("left", `${Math.max(8, Math.min(x, innerWidth - size.width - 8))}px`);
  menu.style.setProperty("top", `${Math.max(8, Math.min(y, innerHeight - size.height - 8))}px`);
}
