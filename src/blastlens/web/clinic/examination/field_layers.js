/** Pictures over a field, loaded when they are first faded in. */

import { decode, isExpired } from "./field_images.js";

/** Names of the layers that are pictures; each is a link of the field. */
export const PICTURE_LAYERS = ["segmented", "heat"];

/** @typedef {"none" | "idle" | "loading" | "shown" | "failed"} LayerState */

/** Layers of one field. */
export class FieldLayers {
  /**
   * @param {any} field as `GET …/fields/{upload_id}` has it
   * @param {() => Promise<any>} readField returns it with links that are valid
   * @param {() => void} changed
   */
  constructor(field, readField, changed) {
    this.field = field;
    this.readField = readField;
    this.changed = changed;
    /** @type {Record<string, HTMLImageElement | null>} */
    this.images = {};
    /** @type {Record<string, LayerState>} */
    this.states = Object.fromEntries(PICTURE_LAYERS.map((name) => [name, field.links[name] ? "idle" : "none"]));
  }

  /** Load a layer unless it is there, or there is none. @param {string} name */
  async load(name) {
    if (!["idle", "failed"].includes(this.states[name])) return;
    this.#set(name, "loading");
    try {
      this.images = { ...this.images, [name]: await this.#read(name) };
      this.#set(name, "shown");
    } catch {
      this.#set(name, "failed");
    }
  }

  /** @param {string} name */
  async #read(name) {
    if (isExpired(this.field.links[name])) this.field = await this.readField();
    try {
      return await decode(this.field.links[name].url);
    } catch {
      this.field = await this.readField();
      return decode(this.field.links[name].url);
    }
  }

  /** @param {string} name @param {LayerState} state */
  #set(name, state) {
    this.states = { ...this.states, [name]: state };
    this.changed();
  }
}
