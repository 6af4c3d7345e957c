/** QR code of an address, as a drawing that prints sharply. */

import { html } from "lit";
import qrcode from "qrcode-generator";

/** Empty border that readers need, in modules. */
const QUIET = 4;

/**
 * Return the modules of a QR code as the path of a drawing, and its side with the border.
 *
 * @param {string} text
 */
export function qrPath(text) {
  const code = qrcode(0, "M");
  code.addData(text, "Byte");
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column < count; column += 1) {
      if (code.isDark(row, column)) path += `M${column + QUIET} ${row + QUIET}h1v1h-1z`;
    }
  }
  return { path, side: count + 2 * QUIET };
}

/** @param {string} text @param {string} name for screen readers */
export function qrCode(text, name) {
  const { path, side } = qrPath(text);
  return html`<svg class="qr" viewBox="0 0 ${side} ${side}" role="img" aria-label=${name} shape-rendering="crispEdges">
    <rect width=${side} height=${side} fill="#fff" /><path d=${path} fill="#000" />
  </svg>`;
}
