/** Meter of the camera: one instruction in large letters, focus as a bar, and light as a word. */

import { html } from "lit";
import { announce } from "../../shared/announcements.js";
import { PageElement } from "../../shared/element.js";
import { elementStyle } from "../../shared/element_style.js";
import { mark } from "../../shared/marks.js";
import { t } from "../../shared/texts.js";

/** @type {Record<string, import("../../shared/marks.js").Tone>} */
const TONES = { ready: "calm", soft: "caution", moving: "caution", dark: "high", bright: "high", empty: "caution", blurred: "high" };

/** An instruction is spoken when it has stayed for so many measurements: about a second and a half. */
const SPOKEN_AFTER = 12;

class CameraMeter extends PageElement {
  static properties = { measured: {}, isLive: {} };

  constructor() {
    super();
    /** @type {import("../camera/meter.js").Measurement | null} */
    this.measured = null;
    this.isLive = false;
    this._advice = "";
    this._stayed = 0;
    this._spoken = "";
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if (!changed.has("measured") || !this.measured) return;
    const { advice } = this.measured;
    this._stayed = advice === this._advice ? this._stayed + 1 : 0;
    this._advice = advice;
    if (this._stayed < SPOKEN_AFTER || advice === this._spoken) return;
    this._spoken = advice;
    announce(t(`screening.advice.${advice}`));
  }

  render() {
    const measured = this.isLive ? this.measured : null;
    const advice = measured?.advice;
    const level = Math.round(100 * (measured?.sharpness === "blurred" ? Math.min(measured.level, 0.3) : measured?.level ?? 0));
    return html`<div class="meter meter-${advice ?? "none"}">
      <p class="meter-advice">${advice ? mark(TONES[advice], t(`screening.advice.${advice}`)) : t("screening.meter_waits")}</p>
      <div class="meter-rows">
        <span class="meter-name" id="focus-name">${t("screening.focus")}</span>
        <div class="meter-bar" role="meter" aria-labelledby="focus-name" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${level} aria-valuetext=${t(`screening.sharpness.${measured?.sharpness ?? "none"}`)}>
          <span class="meter-fill" ${elementStyle({ "inline-size": `${level}%` })}></span><span class="meter-goal"></span></div>
        <span class="meter-word">${t(`screening.sharpness.${measured?.sharpness ?? "none"}`)}</span>
        <span class="meter-name">${t("screening.light")}</span>
        <span class="meter-word meter-light">${t(`screening.light.${measured?.light ?? "none"}`)}</span>
      </div>
    </div>`;
  }
}

customElements.define("bl-camera-meter", CameraMeter);
