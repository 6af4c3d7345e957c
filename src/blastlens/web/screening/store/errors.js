/** Errors of the store: each has a name and plain values, from which the page makes a sentence. */

/**
 * The browser stores nothing, or not any more. `reason` is one of
 *   "missing": no IndexedDB, Web Crypto or Web Locks (an old browser, or an address without https);
 *   "private": the window is private, or the person does not admit storage;
 *   "old": the page is older than the data, as after an update in another tab: close every tab, open the page again;
 *   "busy": another tab with an older page keeps the data open: close it;
 *   "full": no room;
 *   "erased": the data was erased while the page was open, by the browser or by a person: reload;
 *   "broken": the browser cannot read its own data: reload.
 */
export class StorageUnavailable extends Error {
  /** @param {"missing" | "private" | "old" | "busy" | "full" | "erased" | "broken"} reason @param {unknown} [cause] */
  constructor(reason, cause) {
    super(`The browser's storage cannot be used: ${reason}.`, { cause });
    this.name = "StorageUnavailable";
    this.reason = reason;
  }
}

/** The PIN is not the right one, or was not tried because the wait is not over. `waitMs`: until the next try counts. */
export class WrongPin extends Error {
  /** @param {number} waitMs @param {boolean} wasTried */
  constructor(waitMs, wasTried) {
    super(wasTried ? "The PIN is wrong." : "The PIN was not tried: wait first.");
    this.name = "WrongPin";
    this.waitMs = waitMs;
    this.wasTried = wasTried;
  }
}

/** A new PIN that is not accepted: fewer than 6 digits ("short"), other characters ("digits"), or a row of digits ("simple"). */
export class PinRefused extends Error {
  /** @param {"short" | "digits" | "simple"} reason */
  constructor(reason) {
    super(`The PIN is not accepted: ${reason}.`);
    this.name = "PinRefused";
    this.reason = reason;
  }
}

/** The store is locked, or has no PIN yet. */
export class Locked extends Error {
  constructor() {
    super("The store is locked.");
    this.name = "Locked";
  }
}

/** A file that the service would refuse; `reason` is the service's reason. */
export class FileRefused extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(`The file is refused: ${reason}.`);
    this.name = "FileRefused";
    this.reason = reason;
  }
}

/**
 * What was asked for does not fit the state of the thing: it is "gone", is being "sending", was "sent", is "finished",
 * still has "unsent" images, or is "empty".
 */
export class NotPossible extends Error {
  /** @param {"gone" | "sending" | "sent" | "finished" | "unsent" | "empty"} reason */
  constructor(reason) {
    super(`Not possible: ${reason}.`);
    this.name = "NotPossible";
    this.reason = reason;
  }
}

/** The unsent images were taken for another clinic than that of the person who signed in. */
export class OtherClinic extends Error {
  constructor() {
    super("The images belong to another clinic.");
    this.name = "OtherClinic";
  }
}
