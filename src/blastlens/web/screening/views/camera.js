/** Camera: the live picture with its meter, the shutter, and the strip of fields that grows into an examination. */

import { html, nothing, svg } from "lit";
import { announce } from "../../shared/announcements.js";
import { addKeys } from "../../shared/keyboard.js";
import { navigate } from "../../shared/router.js";
import { t } from "../../shared/texts.js";
import { Camera, encodePhotograph, encodeThumbnail } from "../camera/camera.js";
import { takeBurst } from "../camera/burst.js";
import { EVERY_MS, Meter } from "../camera/meter.js";
import { AutoShutter } from "../core/auto_shutter.js";
import { sentenceOf } from "../core/sentences.js";
import { workspace } from "../workspace.js";
import "./camera_meter.js";
import { controls } from "./camera_controls.js";
import { missing } from "./missing.js";
import "./thumbnail.js";
import { View } from "./view.js";
import { fieldMark, fieldWords } from "./words.js";

/** Fields that the strip shows: the newest ones. */
const STRIP = 3;

/** @typedef {"opening" | "live" | "taking" | "failed"} State */

class CameraView extends View {
  static properties = { state: { state: true }, error: { state: true }, taken: { state: true }, isAuto: { state: true }, controlsChanged: { state: true } };

  constructor() {
    super();
    /** @type {State} */
    this.state = "opening";
    this.error = "";
    /** What the last photograph gave, for the eye: announcements say it too. */
    this.taken = "";
    this.isAuto = false;
    this.controlsChanged = 0;
    this.meter = new Meter();
    this.shutter = new AutoShutter();
    /** @type {Camera | null} */
    this.camera = null;
    this.timer = 0;
    /** Fields whose verdict was there already, or was said. @type {Set<string>} */
    this._said = new Set();
    /** Photograph that is being taken. @type {Promise<void>} */
    this._taking = Promise.resolve();
  }

  connectedCallback() {
    super.connectedCallback();
    this.untilGone(addKeys([{ key: " ", label: "screening.shutter", run: () => this._take() }, { key: "Enter", label: "screening.shutter", run: () => this._take(), hidden: true }]));
    const onShow = () => this._onShow();
    document.addEventListener("visibilitychange", onShow);
    this.untilGone(() => document.removeEventListener("visibilitychange", onShow));
    this.untilGone(() => this._close());
  }

  firstUpdated() {
    if (this.examination?.state === "open") this._open();
  }

  updated() {
    // Finished or removed in another tab.
    if (this.camera && this.examination?.state !== "open") this._close();
    this._sayVerdicts();
  }

  /** Say the verdicts that came since the camera was opened: the strip shows them to the eye alone. */
  _sayVerdicts() {
    const read = (this.examination?.fields ?? []).map((field, place) => ({ field, number: place + 1 })).filter(({ field }) => field.verdict && !this._said.has(field.id));
    for (const { field } of read) this._said.add(field.id);
    if (this.state !== "opening" && read.length > 0) announce(read.map(({ field, number }) => `${t("screening.field_number", { number })}: ${fieldWords(field)}`).join(". "));
  }

  async _open() {
    const video = /** @type {HTMLVideoElement | null} */ (this.querySelector("video"));
    if (!video) return;
    this.state = "opening";
    this.error = "";
    const camera = new Camera(video);
    this.camera = camera;
    try {
      await camera.open(() => this._fail({ name: "CameraUnavailable", reason: "busy" }));
    } catch (error) {
      if (this.camera === camera) this._fail(error);
      return;
    }
    // The view was left, or the camera opened again, in the meantime.
    if (!this.isConnected || this.camera !== camera) return camera.close();
    this.state = "live";
    this._keepAwake();
    this._schedule();
  }

  _close() {
    clearTimeout(this.timer);
    this.camera?.close();
    this.camera = null;
    this.wakeLock?.release?.();
  }

  /** @param {unknown} error */
  _fail(error) {
    this._close();
    this.state = "failed";
    this.error = sentenceOf(error);
  }

  /** In the background phones take the camera away: it is given back, and opened again. */
  _onShow() {
    if (document.hidden) this._close();
    else if (this.state !== "failed" && this.examination?.state === "open") this._open();
  }

  /** A phone at the eyepiece is touched seldom. */
  async _keepAwake() {
    this.wakeLock = await /** @type {any} */ (navigator).wakeLock?.request("screen").catch(() => null);
  }

  /** Measure again soon; a slow phone measures less often, so that a third of its time is used at most. @param {number} [took] milliseconds */
  _schedule(took = 0) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this._measure(), Math.max(EVERY_MS - took, 2 * took));
  }

  _measure() {
    const begun = performance.now();
    const frame = this.state === "live" ? this.camera?.readFrame() : null;
    if (frame) {
      const measured = this.meter.measure(frame, performance.now());
      /** @type {any} */ (this.querySelector("bl-camera-meter")).measured = measured;
      this._outline(measured.circle, frame);
      if (this.shutter.add(measured) && this.isAuto) this._take();
    }
    this._schedule(performance.now() - begun);
  }

  /** Show the eyepiece's disc that was found. @param {import("../camera/vignette.js").Circle | null} circle @param {ImageData} frame */
  _outline(circle, frame) {
    const drawing = this.querySelector(".camera-outline");
    const shape = this.querySelector(".camera-outline circle");
    drawing?.setAttribute("viewBox", `0 0 1 ${frame.height / frame.width}`);
    for (const [name, value] of [["cx", circle?.x], ["cy", circle?.y], ["r", circle?.radius]]) shape?.setAttribute(String(name), String(value ?? 0));
  }

  /** Take a photograph, one at a time. */
  _take() {
    const { camera, examination } = this;
    if (this.state !== "live" || !camera || !examination) return;
    this.state = "taking";
    this._taking = this._takeBest(camera, examination.id);
  }

  /** Take the best frame of a burst, and keep it. @param {Camera} camera @param {string} examination */
  async _takeBest(camera, examination) {
    this.error = "";
    this.shutter.taken();
    const takenAt = new Date().toISOString();
    try {
      const best = await takeBurst({
        take: async () => {
          const { bitmap, small } = await camera.takeFrame();
          return { frame: bitmap, measured: this.meter.measure(small, performance.now()) };
        },
        release: (bitmap) => bitmap.close(),
        wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      });
      await this._keep(examination, best, takenAt);
    } catch (error) {
      // A photograph that is not on the disk was not taken.
      this.error = `${t("screening.not_kept")} ${sentenceOf(error)}`;
      announce(this.error);
    }
    if (this.state === "taking") this.state = "live";
  }

  /** @param {string} examination @param {import("../camera/burst.js").Shot<ImageBitmap>} best @param {string} takenAt */
  async _keep(examination, { frame, measured }, takenAt) {
    try {
      const [blob, thumbnail] = [await encodePhotograph(frame), await encodeThumbnail(frame)];
      await workspace().store.addField(examination, { blob, thumbnail, takenAt, meter: plain(measured), verdict: null });
    } finally {
      frame.close();
    }
    workspace().touched();
    await workspace().refresh();
    this.taken = t("screening.taken", { number: this.examination?.fields.length ?? 0 });
    announce(this.taken);
    navigator.vibrate?.(40);
    workspace().read();
  }

  render() {
    const { examination } = this;
    if (!examination) return missing();
    if (examination.state !== "open") return html`<h1>${t("screening.camera")}</h1><p class="note"><span>${t("screening.camera_finished")}</span></p>
      <a class="button primary wide huge" href="#/examinations/${examination.id}">${t("screening.back")}</a>`;
    return html`<div class="camera">
      <h1 class="visually-hidden">${t("screening.camera")}</h1>
      <div class="camera-picture ${this.state === "taking" ? "is-taking" : ""}">
        <video muted playsinline disablepictureinpicture aria-label=${t("screening.live")}></video>
        <svg class="camera-outline" aria-hidden="true" viewBox="0 0 1 0.75">${svg`<circle cx="0" cy="0" r="0"></circle>`}</svg>
        ${this._notes(examination.id)}
      </div>
      <bl-camera-meter .isLive=${this.state === "live" || this.state === "taking"}></bl-camera-meter>
      <div class="camera-strip">${this._strip(examination)}</div>
      ${controls(this)}
    </div>`;
  }

  /** @param {string} examination */
  _notes(examination) {
    if (this.state === "opening") return html`<p class="camera-note" role="status">${t("screening.camera_opening")}</p>`;
    if (this.state !== "failed") return this.error ? html`<p class="camera-note note error" role="alert"><span>${this.error}</span></p>` : nothing;
    return html`<div class="camera-note note error" role="alert"><p>${this.error}</p>
      <button class="wide" @click=${() => this._open()}>${t("problem.retry")}</button>
      <a class="button wide" href="#/examinations/${examination}">${t("screening.choose_instead")}</a></div>`;
  }

  /** @param {import("../workspace.js").Examination} examination */
  _strip(examination) {
    const last = examination.fields.slice(-STRIP);
    if (last.length === 0) return html`<p class="soft">${t("screening.strip_empty")}</p>`;
    const first = examination.fields.length - last.length + 1;
    return html`<ol class="strip" start=${first}>${last.map((field, place) => html`<li>
      <a href="#/examinations/${examination.id}/fields/${field.id}"><bl-thumbnail .field=${field} .label=${t("screening.field_number", { number: first + place })}></bl-thumbnail>
      <span>${fieldMark(field)}</span></a></li>`)}</ol>`;
  }

  /** Leave the camera, after the photograph that is being taken was kept; one that was not is said here. */
  async done() {
    const wasTaking = this.state === "taking";
    await this._taking;
    if (wasTaking && this.error) return;
    navigate(`#/examinations/${this.examination?.id}`);
  }
}

/** Return the figures to keep with a photograph. @param {import("../camera/meter.js").Measurement} measured */
function plain({ focus, detail, brightness, white, contrast, motion, circle }) {
  return { focus, detail, brightness, white, contrast, motion, circle };
}

customElements.define("bl-screening-camera", CameraView);
