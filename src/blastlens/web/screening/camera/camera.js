/** The device's camera: its stream, torch and zoom, small frames for the meter, and photographs. */

import { FRAME_SIDE } from "./meter.js";

/** Quality of JPEG files: the next finer one is larger by half and changes no answer. */
const QUALITY = 0.95;
const THUMBNAIL_SIDE = 240;

/** @typedef {"denied" | "none" | "busy" | "unsupported" | "insecure"} CameraReason a text of the page for each */

/** There is no picture of a camera; `reason` says what to do about it. */
export class CameraUnavailable extends Error {
  /** @param {CameraReason} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(`The camera cannot be used: ${reason}.`, { cause });
    this.name = "CameraUnavailable";
    this.reason = reason;
  }
}

/** Whether the browser can open a camera at all. */
function hasCameraSupport() {
  return Boolean(navigator.mediaDevices?.getUserMedia);
}

/** @typedef {{min: number, max: number, step: number, value: number}} Zoom */

export class Camera {
  /** @param {HTMLVideoElement} video shows the stream; muted, plays inline */
  constructor(video) {
    this.video = video;
    /** @type {MediaStream | null} */
    this.stream = null;
    this.hasTorch = false;
    this.isTorchOn = false;
    /** @type {Zoom | null} */
    this.zoom = null;
    this._canvas = document.createElement("canvas");
  }

  /**
   * Open the camera on the back, with as many pixels as it has up to twelve millions.
   *
   * @param {() => void} onEnded called when the camera is taken away, as by another program
   * @throws {CameraUnavailable}
   */
  async open(onEnded) {
    if (!hasCameraSupport()) throw new CameraUnavailable(globalThis.isSecureContext ? "unsupported" : "insecure");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 4096 }, height: { ideal: 3072 } },
      });
      this.video.srcObject = this.stream;
      await this.video.play();
    } catch (error) {
      this.close();
      throw new CameraUnavailable(reasonOf(error), error);
    }
    this._track.addEventListener("ended", onEnded);
    this._readCapabilities();
  }

  /** Give the camera back. */
  close() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  get isOpen() {
    return this.stream !== null && this.video.videoWidth > 0;
  }

  get _track() {
    return /** @type {MediaStream} */ (this.stream).getVideoTracks()[0];
  }

  _readCapabilities() {
    const can = /** @type {any} */ (this._track.getCapabilities?.() ?? {});
    const now = /** @type {any} */ (this._track.getSettings?.() ?? {});
    this.hasTorch = can.torch === true;
    this.isTorchOn = now.torch === true;
    const { min, max, step } = can.zoom ?? {};
    this.zoom = max > min ? { min, max, step: step > 0 ? step : (max - min) / 20, value: now.zoom ?? min } : null;
  }

  /** @param {boolean} on @returns {Promise<boolean>} whether it is on now: a browser may refuse. */
  async switchTorch(on) {
    if (await this._apply({ torch: on })) this.isTorchOn = on;
    return this.isTorchOn;
  }

  /** @param {number} value */
  async setZoom(value) {
    if (this.zoom && (await this._apply({ zoom: value }))) this.zoom = { ...this.zoom, value };
  }

  /** @param {object} constraint */
  async _apply(constraint) {
    try {
      await this._track.applyConstraints({ advanced: [constraint] });
      return true;
    } catch (error) {
      console.warn("The camera refused a setting.", error);
      return false;
    }
  }

  /** Return the frame that is shown, shrunk for the meter; null before the first one. @returns {ImageData | null} */
  readFrame() {
    return this.isOpen ? this._shrink(this.video, this.video.videoWidth, this.video.videoHeight) : null;
  }

  /** Take the frame that is shown. @returns {Promise<{bitmap: ImageBitmap, small: ImageData}>} */
  async takeFrame() {
    if (!this.isOpen) throw new CameraUnavailable("busy");
    const bitmap = await createImageBitmap(this.video);
    return { bitmap, small: this._shrink(bitmap, bitmap.width, bitmap.height) };
  }

  /** @param {CanvasImageSource} source @param {number} width @param {number} height */
  _shrink(source, width, height) {
    const scale = FRAME_SIDE / Math.max(width, height);
    // Even numbers: the meter also measures at half of it.
    const [wide, high] = [width, height].map((side) => Math.max(2, 2 * Math.round((side * scale) / 2)));
    if (this._canvas.width !== wide || this._canvas.height !== high) Object.assign(this._canvas, { width: wide, height: high });
    // Not for frequent reading: the graphics processor shrinks the large frame, and only the small one is read back.
    const context = /** @type {CanvasRenderingContext2D} */ (this._canvas.getContext("2d", { willReadFrequently: false, alpha: false }));
    context.imageSmoothingQuality = "high";
    context.drawImage(source, 0, 0, wide, high);
    return context.getImageData(0, 0, wide, high);
  }
}

/** Return a JPEG file of an image, without any data about place or device. @param {ImageBitmap} bitmap @returns {Promise<Blob>} */
export function encodePhotograph(bitmap) {
  return encode(bitmap, bitmap.width, bitmap.height, QUALITY);
}

/**
 * Return a small JPEG file of an image; null where the browser cannot decode it.
 *
 * @param {ImageBitmap | Blob} image
 * @returns {Promise<Blob | null>}
 */
export async function encodeThumbnail(image) {
  let bitmap;
  try {
    bitmap = image instanceof Blob ? await createImageBitmap(image) : image;
    const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(bitmap.width, bitmap.height));
    return await encode(bitmap, Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)), 0.8);
  } catch {
    return null;
  } finally {
    if (image instanceof Blob) bitmap?.close();
  }
}

/** @param {ImageBitmap} bitmap @param {number} width @param {number} height @param {number} quality @returns {Promise<Blob>} */
async function encode(bitmap, width, height, quality) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  // Phones give the memory of a canvas back late.
  Object.assign(canvas, { width: 0, height: 0 });
  if (!blob) throw new Error("The image could not be encoded.");
  return blob;
}

/** @param {any} error @returns {CameraReason} */
function reasonOf(error) {
  if (["NotAllowedError", "SecurityError", "PermissionDeniedError"].includes(error?.name)) return "denied";
  if (["NotFoundError", "OverconstrainedError", "DevicesNotFoundError"].includes(error?.name)) return "none";
  return "busy";
}
