/** Images of fields, loaded once for all their cells, with a new link where the old one expired. */

/** @typedef {{image: HTMLImageElement, isFallback: boolean}} Loaded */

/** Images of the fields of one examination. */
export class FieldImages {
  /** @param {(uploadId: string) => Promise<any>} readField returns the field with links that are valid */
  constructor(readField) {
    this.readField = readField;
    /** @type {Map<string, Promise<Loaded>>} */
    this.loading = new Map();
    /** @type {Set<string>} uploads whose image could not be shown */
    this.failed = new Set();
  }

  /**
   * Return the image of a field, decoded.
   *
   * A browser that cannot show the uploaded file, such as TIFF, gets the picture with outlines instead.
   *
   * @param {string} uploadId
   * @param {{url: string, expires_at: string} | null} link
   * @returns {Promise<Loaded>}
   * @throws {Error} no picture of the field can be shown.
   */
  get(uploadId, link) {
    const known = this.loading.get(uploadId);
    if (known) return known;
    const loading = this.#load(uploadId, link);
    this.loading.set(uploadId, loading);
    loading.then(
      () => this.failed.delete(uploadId),
      () => {
        this.failed.add(uploadId);
        this.loading.delete(uploadId);
      },
    );
    return loading;
  }

  /** @param {string} uploadId @param {{url: string, expires_at: string} | null} link @returns {Promise<Loaded>} */
  async #load(uploadId, link) {
    if (link && !isExpired(link)) {
      try {
        return { image: await decode(link.url), isFallback: false };
      } catch {
        // The link may have expired on the way, and the format may be one that the browser does not show.
      }
    }
    const { links } = await this.readField(uploadId);
    try {
      if (!links.image) throw new Error("The image is gone.");
      return { image: await decode(links.image.url), isFallback: false };
    } catch (error) {
      const other = links.overlay ?? links.segmented;
      if (!other) throw error;
      return { image: await decode(other.url), isFallback: true };
    }
  }
}

/** Whether a link cannot be used any more, or not for long. @param {{expires_at: string}} link */
export function isExpired(link) {
  return Date.parse(link.expires_at) - Date.now() < 10_000;
}

/**
 * @param {string} url
 * @returns {Promise<HTMLImageElement>} whole: an image that broke off is not returned.
 */
export async function decode(url) {
  const image = new Image();
  image.alt = ""; // what shows it has a name
  image.decoding = "async";
  image.referrerPolicy = "no-referrer";
  image.src = url;
  await image.decode();
  return image;
}
