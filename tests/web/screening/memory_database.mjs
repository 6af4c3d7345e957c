/** A database in memory with the transactions of the real one, which can die before or after each of its steps. */

import { StorageUnavailable } from "../../../src/blastlens/web/screening/store/errors.js";

const STORES = ["keys", "records", "images"];

/** Ends everything: what comes after it never happens, as when a tab is killed. */
export class Killed extends Error {}

/** A life of a tab: counts its steps, and dies at one of them. */
export class Life {
  /** @param {number} steps after which it dies */
  constructor(steps = Infinity) {
    this.left = steps;
    this.taken = 0;
  }

  /** Take a step, or be dead. */
  step() {
    if (this.left <= 0) throw new Killed();
    this.left -= 1;
    this.taken += 1;
  }
}

/** What is on the disk. */
export function makeDisk() {
  return { stores: Object.fromEntries(STORES.map((name) => [name, new Map()])), isFull: false };
}

/** A connection to a disk; several may be open. */
export class MemoryDatabase {
  constructor(disk, life = new Life()) {
    this.disk = disk;
    this.life = life;
    this.last = Promise.resolve();
  }

  /** Transactions follow one another, and are whole or did not happen. */
  transact(stores, mode, work) {
    const run = this.last.then(() => this.run(stores, mode, work));
    this.last = run.catch(() => undefined);
    return run;
  }

  async run(stores, mode, work) {
    this.life.step();
    const copies = Object.fromEntries(stores.map((name) => [name, new Map(this.disk.stores[name])]));
    const change = (name) => {
      if (mode !== "readwrite") throw new Error("The transaction reads only.");
      return copies[name];
    };
    const result = await work({
      get: async (name, id) => clone(copies[name].get(id)),
      all: async (name) => [...copies[name].values()].map(clone),
      put: async (name, value) => change(name).set(value.id, clone(value)),
      add: async (name, value) => {
        if (copies[name].has(value.id)) throw new DOMException("It exists.", "ConstraintError");
        change(name).set(value.id, clone(value));
      },
      delete: async (name, id) => change(name).delete(id),
      clear: async (name) => change(name).clear(),
    });
    const size = (all) => [...all.images.values()].reduce((sum, { sealed }) => sum + sealed.data.byteLength, 0);
    if (this.disk.isFull && copies.images && size(copies) > size(this.disk.stores)) throw new StorageUnavailable("full");
    Object.assign(this.disk.stores, copies);
    this.life.step();
    return result;
  }

  close() {}
}

function clone(value) {
  return value === undefined ? undefined : structuredClone(value);
}
