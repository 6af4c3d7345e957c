/** Errors of the reading engine, with the reasons of the service (domain/errors.py). */

/**
 * The image itself cannot be read; this is an answer, not a failure.
 *
 * `reason` is one of the service's reasons, such as `too_dark`; the message is a sentence that a technician can act on.
 */
export class UploadRefused extends Error {
  /** @param {string} reason @param {string} message */
  constructor(reason, message) {
    super(message);
    this.name = "UploadRefused";
    this.reason = reason;
  }
}

/** A model package cannot be used: a file is missing, changed, or has the wrong shape. */
export class DamagedPackage extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "DamagedPackage";
  }
}
