/** A service and its storage in memory, and browsers' locks. */

import { Problem } from "../../../src/blastlens/web/shared/problem.js";

export const CLINIC = "clinic-7";

/** The service: what arrived, by key, and how often. */
export class Service {
  constructor() {
    /** @type {Map<string, {bytes: Uint8Array, body: any}>} */
    this.objects = new Map();
    this.puts = 0;
    this.bodies = [];
    this.time = Date.now();
    this.clinic = CLINIC;
    /** Answers instead of the service, as (step, call) => a status, a Problem to throw, or undefined. */
    this.mishap = () => undefined;
  }

  /** The transport of a tab; each request and each answer is a step of its life. */
  transport(life, mishap = this.mishap) {
    const call = async (name, work) => {
      life.step();
      const wrong = mishap(name);
      if (wrong instanceof Error) throw wrong;
      const answer = wrong ?? (await work());
      life.step();
      return answer;
    };
    return {
      account: () => call("account", async () => ({ clinic: this.clinic, serviceTime: this.time })),
      start: (body) => call("start", async () => this.start(body)),
      put: (slot, image) => call("put", () => this.put(slot, image)),
      state: (patient, examination, upload) => call("state", async () => (this.objects.has(keyOf(patient, examination, upload)) ? { state: "stored" } : null)),
      wait: async () => life.step(),
    };
  }

  start(body) {
    this.bodies.push(structuredClone(body));
    return { upload_id: body.upload_id, examination_id: body.examination_id, body };
  }

  async put({ body }, image) {
    const key = keyOf(body.patient_id, body.examination_id, body.upload_id);
    if (this.objects.has(key)) return 412;
    const bytes = new Uint8Array(await image.arrayBuffer());
    if (bytes.length !== body.content_length) return 403;
    this.objects.set(key, { bytes, body });
    this.puts += 1;
    return 200;
  }
}

/** The connection that breaks. */
export const OFFLINE = () => new Problem(0, {});

function keyOf(patient, examination, upload) {
  return `${patient}/${examination}/${upload}`;
}

/** Web Locks in one process. */
export class Locks {
  constructor() {
    this.held = new Map();
  }

  async request(name, ...rest) {
    const work = rest.at(-1);
    const options = rest.length > 1 ? rest[0] : {};
    if (options.ifAvailable && this.held.has(name)) return work(null);
    const before = this.held.get(name) ?? Promise.resolve();
    const run = before.then(() => work({ name }));
    const ended = run.catch(() => undefined);
    this.held.set(name, ended);
    ended.then(() => this.held.get(name) === ended && this.held.delete(name));
    return run;
  }
}
