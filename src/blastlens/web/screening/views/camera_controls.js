/** Controls of the camera: shutter, torch, zoom, the shutter without hands, and the way out. Large: gloves. */

import { html, nothing } from "lit";
import { formatNumber, t } from "../../shared/texts.js";

/** @param {any} view the camera's view */
export function controls(view) {
  const { camera, state, examination } = view;
  const isLive = state === "live";
  return html`<div class="camera-controls">
    <div class="camera-settings">${torch(view, camera)} ${zoom(view, camera)}
      <button type="button" role="switch" aria-checked=${view.isAuto ? "true" : "false"} class="toggle" @click=${() => (view.isAuto = !view.isAuto)}>
        <span class="toggle-box" aria-hidden="true"></span>${t("screening.auto")}</button></div>
    <div class="camera-main">
      <button type="button" class="primary shutter" aria-disabled=${isLive ? "false" : "true"} @click=${() => view._take()}>${t(state === "taking" ? "screening.taking" : "screening.shutter")}</button>
      <button type="button" class="done" @click=${() => view.done()}>${t("screening.done", { count: examination.fields.length })}</button>
    </div>
    ${view.isAuto ? html`<p class="soft">${t("screening.auto_what")}</p>` : nothing}
  </div>`;
}

/** @param {any} view @param {import("../camera/camera.js").Camera | null} camera */
function torch(view, camera) {
  if (!camera?.hasTorch) return nothing;
  const toggle = async () => {
    await camera.switchTorch(!camera.isTorchOn);
    view.controlsChanged += 1;
  };
  return html`<button type="button" role="switch" aria-checked=${camera.isTorchOn ? "true" : "false"} class="toggle" @click=${toggle}>
    <span class="toggle-box" aria-hidden="true"></span>${t("screening.torch")}</button>`;
}

/** @param {any} view @param {import("../camera/camera.js").Camera | null} camera */
function zoom(view, camera) {
  if (!camera?.zoom) return nothing;
  const { min, max, step, value } = camera.zoom;
  const set = async (/** @type {Event} */ event) => {
    await camera.setZoom(Number(/** @type {HTMLInputElement} */ (event.target).value));
    view.controlsChanged += 1;
  };
  return html`<label class="camera-zoom"><span>${t("screening.zoom", { value: formatNumber(value, { maximumFractionDigits: 1 }) })}</span>
    <input type="range" min=${min} max=${max} step=${step} .value=${String(value)} @change=${set} /></label>`;
}
