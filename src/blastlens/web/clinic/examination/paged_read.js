/** List that the service sends in pages, read one page after another. */

/** A list that grows; an error ends one attempt and keeps what is there. */
export class PagedRead {
  /**
   * @param {(next: string | null) => Promise<{fields: any[], next: string | null}>} read
   * @param {() => void} changed
   * @param {(items: any[]) => void} [onPage] gets the items of each page
   */
  constructor(read, changed, onPage = () => {}) {
    this.read = read;
    this.changed = changed;
    this.onPage = onPage;
    /** @type {any[]} */
    this.items = [];
    /** @type {string | null} */
    this.next = null;
    this.isComplete = false;
    /** @type {unknown} */
    this.error = null;
    /** @type {Promise<void> | null} */
    this.running = null;
    this.generation = 0;
  }

  /** Read on until `enough` items are there, or all of them. @param {number} [enough] @returns {Promise<void>} */
  load(enough = Infinity) {
    this.running ??= this.#run(enough).finally(() => {
      this.running = null;
      this.changed();
    });
    return this.running;
  }

  /** Begin again with the first page; the list is shown as it was until that is there. */
  async restart() {
    const enough = Math.max(1, this.items.length);
    this.generation += 1;
    await this.running;
    Object.assign(this, { next: null, isComplete: false, isFresh: true });
    await this.load(enough);
  }

  /** Replace an item, or add it. @param {(item: any) => boolean} matches @param {any} item */
  replace(matches, item) {
    const place = this.items.findIndex(matches);
    this.items = place < 0 ? this.items : this.items.with(place, item);
    this.changed();
  }

  /** @param {number} enough */
  async #run(enough) {
    const { generation } = this;
    this.error = null;
    let items = this.isFresh ? [] : this.items;
    this.isFresh = false;
    try {
      while (!this.isComplete && items.length < enough) {
        const page = await this.read(this.next);
        if (generation !== this.generation) return;
        items = [...items, ...page.fields];
        this.onPage(page.fields);
        Object.assign(this, { items, next: page.next, isComplete: page.next === null });
        this.changed();
      }
    } catch (error) {
      this.error = error;
    }
  }

  /** Whether the next page is the first one of a list that is read again. */
  isFresh = false;
}
