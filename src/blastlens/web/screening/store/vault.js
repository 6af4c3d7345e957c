/** The store's keys: made with a PIN, unlocked by it, held in memory alone, and checked with every write. */

import { Locked, StorageUnavailable, WrongPin } from "./errors.js";
import { ROUNDS, checkNewPin, checkPin, makeDataKey, makeDeviceKey, unwrapDataKey, waitAfter, wrapDataKey } from "./pin.js";
import { seal, sealValue, unseal, unsealValue } from "./sealing.js";

/** @typedef {import("./database.js").Database} Database */
/** @typedef {import("./database.js").Transaction} Transaction */
/** @typedef {import("./sealing.js").Sealed} Sealed */

/**
 * @typedef {object} Keys the record of the keys
 * @property {"keys"} id
 * @property {string} keyId changes when the store is begun anew
 * @property {CryptoKey} deviceKey
 * @property {import("./pin.js").WrappedKey} wrapped
 * @property {number} wrong PINs tried since the last right one
 */

/** @typedef {{request: <T>(name: string, work: () => Promise<T>) => Promise<T>}} Locks */

const KEYS = "keys";
const PIN_LOCK = "blastlens-screening-pin";

export class Vault {
  /**
   * @param {Database} database
   * @param {object} [parts]
   * @param {Locks} [parts.locks]
   * @param {() => number} [parts.now] milliseconds of a clock that nobody can set
   * @param {number} [parts.rounds] of new PINs
   */
  constructor(database, { locks = /** @type {any} */ (navigator.locks), now = () => performance.now(), rounds = ROUNDS } = {}) {
    this._database = database;
    this._locks = locks;
    this._now = now;
    this._rounds = rounds;
    /** @type {"new" | "locked" | "open"} */
    this.state = "new";
    /** @type {CryptoKey | null} */
    this._key = null;
    this._keyId = "";
    this._wrong = 0;
    this._wrongSince = 0;
  }

  /** Find out whether there is a PIN. */
  async load() {
    const keys = await this._read();
    this.state = keys ? "locked" : "new";
    this._seeTries(keys?.wrong ?? 0);
  }

  /** Make the keys, and open the store. @param {string} pin @throws {import("./errors.js").PinRefused} @throws {Locked} another tab has made them. */
  async create(pin) {
    checkNewPin(pin);
    const [deviceKey, dataKey] = await Promise.all([makeDeviceKey(), makeDataKey()]);
    const wrapped = await wrapDataKey(dataKey, pin, deviceKey, this._rounds);
    /** @type {Keys} */
    const keys = { id: KEYS, keyId: crypto.randomUUID(), deviceKey, wrapped, wrong: 0 };
    await this._database.transact(["keys"], "readwrite", async (tx) => {
      if (await tx.get("keys", KEYS)) throw new Locked();
      await tx.add("keys", keys);
    }).catch((error) => {
      if (error instanceof Locked) this.state = "locked";
      throw error;
    });
    this._open(keys, /** @type {CryptoKey} */ (await unwrapDataKey(wrapped, pin, deviceKey)));
  }

  /** Open the store. @param {string} pin @throws {WrongPin} @throws {import("./errors.js").PinRefused} */
  async unlock(pin) {
    await this._locks.request(PIN_LOCK, async () => {
      const { keys, dataKey } = await this._try(pin, false);
      this._open(keys, dataKey);
    });
  }

  /** Forget the key; what is stored stays. */
  lock() {
    this._key = null;
    if (this.state === "open") this.state = "locked";
  }

  /** Change the PIN. @param {string} old @param {string} next @throws {WrongPin} @throws {import("./errors.js").PinRefused} */
  async changePin(old, next) {
    checkNewPin(next);
    await this._locks.request(PIN_LOCK, async () => {
      const { keys, dataKey } = await this._try(old, true);
      const wrapped = await wrapDataKey(dataKey, next, keys.deviceKey, this._rounds);
      await this._database.transact(["keys"], "readwrite", async (tx) => {
        await this._require(tx, keys.keyId);
        await tx.put("keys", { ...keys, wrapped, wrong: 0 });
      });
    });
  }

  /**
   * Check in a transaction that the keys are still those that sealed its values: what is written without them could never be
   * opened again. The transaction includes the store `keys`.
   *
   * @param {Transaction} tx
   */
  async check(tx) {
    await this._require(tx, this._keyId);
  }

  /**
   * Return what encrypts with the key of now, also after the store was locked.
   *
   * @throws {Locked}
   */
  sealer() {
    const key = this._openKey();
    return {
      sealValue: (/** @type {string} */ place, /** @type {unknown} */ value) => sealValue(key, place, value),
      seal: (/** @type {string} */ place, /** @type {BufferSource} */ bytes) => seal(key, place, bytes),
    };
  }

  /** @param {string} place @param {unknown} value @returns {Promise<Sealed>} @throws {Locked} */
  async sealValue(place, value) {
    return this.sealer().sealValue(place, value);
  }

  /** @param {string} place @param {Sealed} sealed @throws {Locked} */
  async unsealValue(place, sealed) {
    return unsealValue(this._openKey(), place, sealed);
  }

  /** @param {string} place @param {Sealed} sealed @throws {Locked} */
  async unseal(place, sealed) {
    return unseal(this._openKey(), place, sealed);
  }

  /** @param {Keys} keys @param {CryptoKey} dataKey */
  _open(keys, dataKey) {
    this._keyId = keys.keyId;
    this._key = dataKey;
    this.state = "open";
  }

  _openKey() {
    if (!this._key) throw new Locked();
    return this._key;
  }

  /** @returns {Promise<Keys | undefined>} */
  _read() {
    return this._database.transact(["keys"], "readonly", (tx) => tx.get("keys", KEYS));
  }

  /** @param {Transaction} tx @param {string} keyId @returns {Promise<Keys>} */
  async _require(tx, keyId) {
    const keys = await tx.get("keys", KEYS);
    if (keys?.keyId !== keyId) throw new StorageUnavailable("erased");
    return keys;
  }

  /**
   * Try a PIN. The try is counted before, so that ending the tab does not save it; what is no PIN at all, as a tap on an empty
   * form, is not counted.
   *
   * @param {string} pin
   * @param {boolean} isReadable whether the data key is to be wrapped again
   * @returns {Promise<{keys: Keys, dataKey: CryptoKey}>}
   * @throws {WrongPin} @throws {import("./errors.js").PinRefused}
   */
  async _try(pin, isReadable) {
    checkPin(pin);
    const keys = await this._countTry();
    const dataKey = await unwrapDataKey(keys.wrapped, pin, keys.deviceKey, isReadable);
    if (!dataKey) {
      this._seeTries(keys.wrong);
      throw new WrongPin(waitAfter(keys.wrong), true);
    }
    await this._database.transact(["keys"], "readwrite", async (tx) => {
      await tx.put("keys", { ...(await this._require(tx, keys.keyId)), wrong: 0 });
    });
    this._seeTries(0);
    return { keys: { ...keys, wrong: 0 }, dataKey };
  }

  /** @returns {Promise<Keys>} */
  _countTry() {
    return this._database.transact(["keys"], "readwrite", async (tx) => {
      const keys = await tx.get("keys", KEYS);
      if (!keys) throw new StorageUnavailable("erased");
      const waitMs = this._waitLeft(keys.wrong);
      if (waitMs > 0) throw new WrongPin(waitMs, false);
      const counted = { ...keys, wrong: keys.wrong + 1 };
      await tx.put("keys", counted);
      return counted;
    });
  }

  /**
   * Return how long to wait still. The time counts from when this tab saw the last wrong PIN, of whichever tab: setting the
   * device's clock or reloading the page shortens nothing.
   *
   * @param {number} wrong
   */
  _waitLeft(wrong) {
    if (wrong !== this._wrong) this._seeTries(wrong);
    return Math.max(0, waitAfter(wrong) - (this._now() - this._wrongSince));
  }

  /** @param {number} wrong */
  _seeTries(wrong) {
    this._wrong = wrong;
    this._wrongSince = this._now();
  }
}
