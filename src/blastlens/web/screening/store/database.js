/**
 * IndexedDB of the store: transactions whose work is a function, and errors that say what to do.
 *
 * A transaction is complete or did not happen. It ends when nothing of it is awaited, so that `work` may await requests of the
 * transaction alone: values are encrypted before.
 */

import { StorageUnavailable } from "./errors.js";

export const NAME = "blastlens-screening";
const VERSION = 1;
/** Object stores with their key paths. */
const STORES = { keys: "id", records: "id", images: "id" };

/** @typedef {keyof typeof STORES} StoreName */

/** @typedef {{id: string, [name: string]: any}} Row */

/**
 * @typedef {object} Transaction
 * @property {(store: StoreName, id: string) => Promise<any>} get undefined where there is none
 * @property {(store: StoreName) => Promise<any[]>} all
 * @property {(store: StoreName, value: Row) => Promise<unknown>} put
 * @property {(store: StoreName, value: Row) => Promise<unknown>} add fails where the id exists
 * @property {(store: StoreName, id: string) => Promise<unknown>} delete
 * @property {(store: StoreName) => Promise<unknown>} clear
 */

/**
 * @typedef {object} Database
 * @property {<T>(stores: StoreName[], mode: "readonly" | "readwrite", work: (tx: Transaction) => Promise<T>) => Promise<T>} transact
 * @property {() => void} close
 */

/**
 * Open the database.
 *
 * @param {IDBFactory | undefined} [factory]
 * @returns {Promise<Database>}
 * @throws {StorageUnavailable}
 */
export async function openDatabase(factory = globalThis.indexedDB) {
  if (!factory) throw new StorageUnavailable("missing");
  const database = new IndexedDatabase(factory);
  await database.open();
  return database;
}

/** @implements {Database} */
class IndexedDatabase {
  /** @param {IDBFactory} factory */
  constructor(factory) {
    this._factory = factory;
    /** @type {Promise<IDBDatabase> | null} */
    this._opened = null;
    this._isOld = false;
  }

  /** Return the connection, opened again where the browser has dropped it. @returns {Promise<IDBDatabase>} */
  open() {
    if (this._isOld) throw new StorageUnavailable("old");
    this._opened ??= this._open().catch((error) => {
      this._opened = null;
      throw error;
    });
    return this._opened;
  }

  async _open() {
    const connection = await requestConnection(this._factory);
    // A newer page wants to change the data: this one must not hold it up, and cannot go on.
    connection.onversionchange = () => {
      this._isOld = true;
      connection.close();
    };
    connection.onclose = () => (this._opened = null);
    return connection;
  }

  close() {
    this._opened?.then((connection) => connection.close(), () => undefined);
    this._opened = null;
  }

  /**
   * @template T
   * @param {StoreName[]} stores
   * @param {"readonly" | "readwrite"} mode
   * @param {(tx: Transaction) => Promise<T>} work
   * @returns {Promise<T>} when the transaction is stored on the disk.
   */
  async transact(stores, mode, work) {
    const transaction = await this._begin(stores, mode);
    const done = ended(transaction);
    let result;
    try {
      result = await work(wrap(transaction));
    } catch (error) {
      abort(transaction);
      // The transaction's own error says why a request failed, such as a full disk.
      const cause = await done.then(() => null, (reason) => reason);
      throw understand(cause?.name === "QuotaExceededError" ? cause : error);
    }
    await done.catch((error) => {
      throw understand(error);
    });
    return result;
  }

  /** @param {StoreName[]} stores @param {"readonly" | "readwrite"} mode */
  async _begin(stores, mode) {
    for (let tries = 0; ; tries += 1) {
      const connection = await this.open();
      try {
        return connection.transaction(stores, mode, { durability: "strict" });
      } catch (error) {
        // The connection is closing, as after the browser's own process for data has died.
        this._opened = null;
        if (tries > 0) throw understand(error);
      }
    }
  }
}

/** @param {IDBFactory} factory @returns {Promise<IDBDatabase>} */
function requestConnection(factory) {
  return new Promise((resolve, reject) => {
    /** @type {IDBOpenDBRequest} */
    let request;
    try {
      request = factory.open(NAME, VERSION);
    } catch (error) {
      reject(understandOpening(error));
      return;
    }
    request.onupgradeneeded = () => {
      for (const [name, keyPath] of Object.entries(STORES)) {
        if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath });
      }
    };
    request.onblocked = () => reject(new StorageUnavailable("busy"));
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(understandOpening(request.error));
  });
}

/** @param {IDBTransaction} transaction @returns {Transaction} */
function wrap(transaction) {
  const store = (/** @type {StoreName} */ name) => transaction.objectStore(name);
  return {
    get: (name, id) => answer(store(name).get(id)),
    all: (name) => answer(store(name).getAll()),
    put: (name, value) => answer(store(name).put(value)),
    add: (name, value) => answer(store(name).add(value)),
    delete: (name, id) => answer(store(name).delete(id)),
    clear: (name) => answer(store(name).clear()),
  };
}

/** @param {IDBRequest} request @returns {Promise<any>} */
function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function ended(transaction) {
  const done = new Promise((/** @type {(value?: any) => void} */ resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("The transaction was ended.", "AbortError"));
  });
  // Whoever awaits it later still gets the error.
  done.catch(() => undefined);
  return done;
}

/** @param {IDBTransaction} transaction */
function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

/** @param {any} error */
function understandOpening(error) {
  if (error?.name === "VersionError") return new StorageUnavailable("old", error);
  if (error?.name === "QuotaExceededError") return new StorageUnavailable("full", error);
  // Private windows of several browsers, and settings that forbid storage.
  if (["SecurityError", "InvalidStateError", "NotAllowedError"].includes(error?.name)) return new StorageUnavailable("private", error);
  return new StorageUnavailable("broken", error);
}

/** @param {any} error */
function understand(error) {
  if (!(error instanceof DOMException)) return error;
  if (error.name === "QuotaExceededError") return new StorageUnavailable("full", error);
  if (error.name === "DataCloneError") return new StorageUnavailable("private", error);
  if (error.name === "NotFoundError") return new StorageUnavailable("erased", error);
  if (["UnknownError", "InvalidStateError", "AbortError", "TimeoutError", "DataError"].includes(error.name)) return new StorageUnavailable("broken", error);
  return error;
}
