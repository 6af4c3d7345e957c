/** Pictures of cells and of whole fields, drawn from the images of fields when they come near the screen. */

import { cropAround } from "./core/cells.js";

const CELL_SIDE = 84; // CSS pixels
const FIELD_WIDTH = 260;
/** Colours and widths of a cell's outline: visible on dark nuclei and on the bright field. @type {[string, number][]} */
const OUTLINE = [
  ["rgb(0 0 0 / 35%)", 2.5],
  ["rgb(255 240 120 / 90%)", 1],
];

/** Observer of all pictures: a picture is drawn when it is on the screen, or a little before. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) /** @type {Picture} */ (entry.target).onNear();
  },
  { rootMargin: "300px" },
);

/** Observer of cells: a cell counts as seen when most of it is on the screen. */
const sight = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) /** @type {CellPicture} */ (entry.target).onSight();
  },
  { threshold: 0.75 },
);

/** Picture of an upload. It dispatches `picture-missing` with the upload's id where there is none. */
class Picture extends HTMLElement {
  /** @type {import("./field_images.js").FieldImages | null} */
  images = null;
  #drawn = "";

  connectedCallback() {
    observer.observe(this);
  }

  disconnectedCallback() {
    observer.unobserve(this);
  }

  /** What is to be drawn; null for nothing. @returns {{key: string, uploadId: string, link: any} | null} */
  get wanted() {
    return null;
  }

  /** Draw again where something else is to be shown now. */
  renew() {
    if (this.wanted?.key === this.#drawn) return;
    observer.unobserve(this);
    observer.observe(this);
  }

  onNear() {
    const { wanted, images } = this;
    if (wanted && images && wanted.key !== this.#drawn) void this.#draw(wanted, images);
  }

  /** @param {{key: string, uploadId: string, link: any}} wanted @param {import("./field_images.js").FieldImages} images */
  async #draw({ key, uploadId, link }, images) {
    this.#drawn = key;
    this.dataset.state = "loading";
    try {
      const { image } = await images.get(uploadId, link);
      if (this.#drawn !== key) return;
      this.paint(image, this.querySelector("canvas") ?? this.appendChild(document.createElement("canvas")));
      this.dataset.state = "shown";
      this.onDrawn();
    } catch {
      if (this.#drawn !== key) return;
      this.#drawn = "";
      this.dataset.state = "missing";
      this.dispatchEvent(new CustomEvent("picture-missing", { bubbles: true, detail: uploadId }));
    }
  }

  /** @param {HTMLImageElement} _image @param {HTMLCanvasElement} _canvas */
  paint(_image, _canvas) {}

  /** Called when it was drawn. */
  onDrawn() {}
}

/** Picture of one cell. Properties: `cell`, `field` (as `GET …/cells` has it), `side` in pixels of the field, `images`. */
export class CellPicture extends Picture {
  /** @type {import("./core/cells.js").Cell | null} */
  cell = null;
  /** @type {any} */
  field = null;
  side = 0;

  get wanted() {
    if (!this.cell || !this.field) return null;
    return { key: this.cell.id, uploadId: this.cell.uploadId, link: this.field.image };
  }

  connectedCallback() {
    super.connectedCallback();
    sight.observe(this);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    sight.unobserve(this);
  }

  onSight() {
    if (this.cell && this.dataset.state === "shown") this.dispatchEvent(new CustomEvent("cell-shown", { bubbles: true, detail: this.cell.id }));
  }

  /** A cell counts as seen only when its picture is there. */
  onDrawn() {
    sight.unobserve(this);
    sight.observe(this);
  }

  /** @param {HTMLImageElement} image @param {HTMLCanvasElement} canvas */
  paint(image, canvas) {
    const pixels = Math.round(CELL_SIDE * density());
    const size = { width: this.field.width ?? image.naturalWidth, height: this.field.height ?? image.naturalHeight };
    const part = cropAround(/** @type {any} */ (this.cell).box, this.side, size);
    const ratio = image.naturalWidth / size.width;
    canvas.width = canvas.height = pixels;
    drawPart(canvas, image, [part.left * ratio, part.top * ratio, part.side * ratio, part.side * ratio]);
    drawOutline(canvas, /** @type {any} */ (this.cell).outline, part);
  }
}

/** Picture of a whole field. Properties: `uploadId`, `link`, `images`. */
export class FieldPicture extends Picture {
  uploadId = "";
  /** @type {any} */
  link = null;

  get wanted() {
    return this.uploadId ? { key: this.uploadId, uploadId: this.uploadId, link: this.link } : null;
  }

  /** @param {HTMLImageElement} image @param {HTMLCanvasElement} canvas */
  paint(image, canvas) {
    canvas.width = Math.round(FIELD_WIDTH * density());
    canvas.height = Math.round((canvas.width * image.naturalHeight) / image.naturalWidth);
    drawPart(canvas, image, [0, 0, image.naturalWidth, image.naturalHeight]);
  }
}

/** Pixels of the screen for each CSS pixel, as far as they are worth their memory. */
function density() {
  return Math.min(2, devicePixelRatio || 1);
}

/** @param {HTMLCanvasElement} canvas @param {HTMLImageElement} image @param {[number, number, number, number]} part */
function drawPart(canvas, image, part) {
  const context = canvas.getContext("2d");
  if (!context) return;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, ...part, 0, 0, canvas.width, canvas.height);
}

/** Draw which cell of the picture is meant. @param {HTMLCanvasElement} canvas @param {[number, number][]} outline @param {{left: number, top: number, side: number}} part */
function drawOutline(canvas, outline, { left, top, side }) {
  const context = canvas.getContext("2d");
  if (!context || outline.length < 3) return;
  const scale = canvas.width / side;
  context.beginPath();
  for (const [x, y] of outline) context.lineTo((x - left) * scale, (y - top) * scale);
  context.closePath();
  for (const [colour, width] of OUTLINE) {
    context.strokeStyle = colour;
    context.lineWidth = width * density();
    context.stroke();
  }
}

customElements.define("bl-cell-picture", CellPicture);
customElements.define("bl-field-picture", FieldPicture);
