/** Rasters: images, masks and maps in typed arrays. */

/** @typedef {Uint8Array | Int32Array | Float32Array | Float64Array} Pixels */

/**
 * An image, a mask or a map.
 *
 * Pixels stand row by row, the channels of a pixel side by side. A mask has one channel with 0 and 1, or 0 and 255
 * where the Python module has it so.
 *
 * @template {Pixels} [T=Uint8Array]
 */
export class Raster {
  /**
   * @param {number} width in pixels
   * @param {number} height in pixels
   * @param {number} channels of a pixel
   * @param {T} data of width * height * channels values
   * @throws {RangeError} where the data has another length
   */
  constructor(width, height, channels, data) {
    if (data.length !== width * height * channels) {
      throw new RangeError(`${data.length} values are not a raster of ${width} x ${height} x ${channels}`);
    }
    this.width = width;
    this.height = height;
    this.channels = channels;
    this.data = data;
  }
}

/**
 * Return a uint8 raster of one value.
 *
 * @param {number} width
 * @param {number} height
 * @param {number} [channels]
 * @param {number} [value]
 * @returns {Raster}
 */
export function createRaster(width, height, channels = 1, value = 0) {
  const data = new Uint8Array(width * height * channels);
  return new Raster(width, height, channels, value === 0 ? data : data.fill(value));
}

/**
 * Return a copy of a raster.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @returns {Raster<T>}
 */
export function copy(raster) {
  return new Raster(raster.width, raster.height, raster.channels, /** @type {T} */ (raster.data.slice()));
}

/**
 * Return a copy of a rectangle of a raster; Python's `raster[top : top + height, left : left + width]`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 * @returns {Raster<T>}
 * @throws {RangeError} where the rectangle does not lie within the raster
 */
export function cut(raster, left, top, width, height) {
  if (left < 0 || top < 0 || width < 0 || height < 0 || left + width > raster.width || top + height > raster.height) {
    throw new RangeError(`${width} x ${height} at ${left}, ${top} is outside of ${raster.width} x ${raster.height}`);
  }
  const length = width * raster.channels;
  const data = createLike(raster.data, length * height);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * raster.width + left) * raster.channels;
    data.set(raster.data.subarray(start, start + length), row * length);
  }
  return new Raster(width, height, raster.channels, data);
}

/**
 * Return every n-th row and column; Python's `raster[firstRow::rowStep, firstColumn::columnStep]`.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {number} rowStep
 * @param {number} [columnStep] as `rowStep` by default
 * @param {number} [firstRow]
 * @param {number} [firstColumn]
 * @returns {Raster<T>}
 */
export function sample(raster, rowStep, columnStep = rowStep, firstRow = 0, firstColumn = 0) {
  const { channels } = raster;
  const width = Math.max(0, Math.ceil((raster.width - firstColumn) / columnStep));
  const height = Math.max(0, Math.ceil((raster.height - firstRow) / rowStep));
  const data = createLike(raster.data, width * height * channels);
  let to = 0;
  for (let row = 0; row < height; row++) {
    const start = ((firstRow + row * rowStep) * raster.width + firstColumn) * channels;
    if (columnStep === 1) {
      data.set(raster.data.subarray(start, start + width * channels), to);
      to += width * channels;
      continue;
    }
    for (let column = 0; column < width; column++) {
      const from = start + column * columnStep * channels;
      for (let channel = 0; channel < channels; channel++) data[to++] = raster.data[from + channel];
    }
  }
  return new Raster(width, height, channels, data);
}

/**
 * Return one channel of a raster.
 *
 * @template {Pixels} T
 * @param {Raster<T>} raster
 * @param {number} channel
 * @returns {Raster<T>} of one channel
 */
export function takeChannel(raster, channel) {
  const { width, height, channels, data } = raster;
  const taken = createLike(data, width * height);
  for (let to = 0, from = channel; to < taken.length; to++, from += channels) taken[to] = data[from];
  return new Raster(width, height, 1, taken);
}

/**
 * Free the memory of a raster that nobody uses any more, where the browser can do it at once.
 *
 * The garbage collector frees tens of megabytes late: a phone would have several photographs in its memory.
 *
 * @param {Raster<Pixels>} raster has no pixels afterwards
 */
export function release(raster) {
  releaseBuffer(raster.data.buffer);
}

/** Free the memory of a buffer likewise. @param {ArrayBufferLike} buffer has no bytes afterwards */
export function releaseBuffer(buffer) {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) buffer.transfer?.(0);
}

/**
 * Return a typed array of the same kind.
 *
 * @template {Pixels} T
 * @param {T} data
 * @param {number} length
 * @returns {T}
 */
export function createLike(data, length) {
  const Kind = /** @type {new (length: number) => T} */ (data.constructor);
  return new Kind(length);
}
