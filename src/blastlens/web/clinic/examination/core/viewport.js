/** Viewport of a field: zoom and pan in plain numbers. */

/**
 * Where an image lies in its frame: image pixel (x, y) is shown at (left + x * scale, top + y * scale).
 * @typedef {{scale: number, left: number, top: number}} Viewport
 * @typedef {{width: number, height: number}} Size
 */

const MARGIN = 48; // CSS pixels of the image that stay in the frame

/**
 * Return the viewport that shows the whole image in the middle of its frame.
 * @param {Size} image in image pixels
 * @param {Size} frame in CSS pixels
 * @returns {Viewport}
 */
export function fit(image, frame) {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  return {
    scale,
    left: (frame.width - image.width * scale) / 2,
    top: (frame.height - image.height * scale) / 2,
  };
}

/**
 * Return the scales between which a field can be zoomed: from half of what fits to eight screen pixels an image pixel.
 * @param {Size} image
 * @param {Size} frame
 */
export function limits(image, frame) {
  const whole = fit(image, frame).scale;
  return { least: Math.min(whole / 2, 1), most: Math.max(8, whole * 8) };
}

/**
 * Return the viewport zoomed by a factor, with the image under `point` where it was.
 * @param {Viewport} view
 * @param {number} factor
 * @param {{x: number, y: number}} point in the frame
 * @param {{least: number, most: number}} range
 * @returns {Viewport}
 */
export function zoomAt(view, factor, point, range) {
  const scale = Math.min(range.most, Math.max(range.least, view.scale * factor));
  const ratio = scale / view.scale;
  return { scale, left: point.x - (point.x - view.left) * ratio, top: point.y - (point.y - view.top) * ratio };
}

/**
 * Return the viewport moved, with some of the image still in the frame.
 * @param {Viewport} view
 * @param {number} right CSS pixels
 * @param {number} down CSS pixels
 * @param {Size} image
 * @param {Size} frame
 * @returns {Viewport}
 */
export function pan(view, right, down, image, frame) {
  return keepInside({ ...view, left: view.left + right, top: view.top + down }, image, frame);
}

/**
 * Return the viewport so that at least a margin of the image lies in the frame.
 * @param {Viewport} view
 * @param {Size} image
 * @param {Size} frame
 * @returns {Viewport}
 */
export function keepInside(view, image, frame) {
  const clamp = (/** @type {number} */ at, /** @type {number} */ length, /** @type {number} */ room) =>
    Math.min(room - MARGIN, Math.max(MARGIN - length, at));
  return {
    scale: view.scale,
    left: clamp(view.left, image.width * view.scale, frame.width),
    top: clamp(view.top, image.height * view.scale, frame.height),
  };
}

/**
 * Return the viewport that shows a box in the middle of the frame, as large as `share` of its shorter side.
 * @param {[number, number, number, number]} box left, top, width, height in image pixels
 * @param {Size} image
 * @param {Size} frame
 * @param {number} [share]
 * @returns {Viewport}
 */
export function centreOn(box, image, frame, share = 0.3) {
  const range = limits(image, frame);
  const wanted = (share * Math.min(frame.width, frame.height)) / Math.max(box[2], box[3], 1);
  const scale = Math.min(range.most, Math.max(range.least, wanted));
  return {
    scale,
    left: frame.width / 2 - (box[0] + box[2] / 2) * scale,
    top: frame.height / 2 - (box[1] + box[3] / 2) * scale,
  };
}

/**
 * Return the image pixel under a point of the frame.
 * @param {Viewport} view
 * @param {{x: number, y: number}} point
 */
export function toImage(view, point) {
  return { x: (point.x - view.left) / view.scale, y: (point.y - view.top) / view.scale };
}
