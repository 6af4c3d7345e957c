/** Tests of the camera's meter over time, and of the choice among the frames of a burst. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { takeBurst } from "../../../src/blastlens/web/screening/camera/burst.js";
import { FRAME_SIDE, Meter } from "../../../src/blastlens/web/screening/camera/meter.js";

const WIDTH = FRAME_SIDE;
const HEIGHT = (FRAME_SIDE * 3) / 4;

/** Return a frame of discs on a light ground, moved by `shift` pixels; the edges are `soft` pixels wide. */
function drawFrame({ shift = 0, soft = 1, ground = 210, cells = 130 } = {}) {
  const data = new Uint8ClampedArray(4 * WIDTH * HEIGHT).fill(255);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const [across, down] = [((x + shift) % 40) - 20, (y % 40) - 20];
      const share = Math.min(1, Math.max(0, (Math.hypot(across, down) - 11) / soft + 0.5));
      data.fill(cells + share * (ground - cells), 4 * (y * WIDTH + x), 4 * (y * WIDTH + x) + 3);
    }
  }
  return { data, width: WIDTH, height: HEIGHT };
}

test("turning the focus away from its best is called soft, and turning back ready", () => {
  const meter = new Meter();
  assert.equal(meter.measure(drawFrame(), 0).advice, "ready");
  assert.equal(meter.measure(drawFrame({ soft: 6 }), 125).sharpness, "soft");
  meter.measure(drawFrame(), 250);
  assert.equal(meter.measure(drawFrame(), 375).advice, "ready");
});

test("the best focus is forgotten, so that a field with fewer edges becomes ready without being as sharp as the one before", () => {
  const meter = new Meter();
  meter.measure(drawFrame({ cells: 40 }), 0);
  const pale = drawFrame({ cells: 150 });
  assert.equal(meter.measure(pale, 1000).sharpness, "soft");
  assert.equal(meter.measure(pale, 61_000).sharpness, "sharp");
});

test("a clock that was set back does not stop the meter", () => {
  const meter = new Meter();
  meter.measure(drawFrame(), 1_000_000);
  assert.equal(meter.measure(drawFrame(), -1_000_000).sharpness, "sharp");
});

test("a stage that moves is named before the focus, and rest is seen at once", () => {
  const meter = new Meter();
  meter.measure(drawFrame(), 0);
  assert.equal(meter.measure(drawFrame({ shift: 9 }), 125).advice, "moving");
  assert.equal(meter.measure(drawFrame({ shift: 9 }), 250).advice, "ready");
});

test("an empty field asks for cells, not for focus", () => {
  assert.equal(new Meter().measure(drawFrame({ cells: 205, ground: 210 }), 0).advice, "empty");
});

const measured = (detail, changes = {}) => ({ detail, light: "good", isStill: true, ...changes });

/** Take the frames of a script: each a measurement, or an error. Returns the kept number and those given back. */
async function burst(script) {
  const released = [];
  let at = 0;
  const take = async () => {
    const number = at;
    at += 1;
    if (script[number] instanceof Error) throw script[number];
    return { frame: number, measured: script[number] };
  };
  const best = await takeBurst({ take, release: (frame) => released.push(frame), wait: async () => {}, frames: script.length });
  return { kept: best.frame, released };
}

test("the sharpest frame of a burst is kept, and every other is given back once", async () => {
  const { kept, released } = await burst([measured(3), measured(9), measured(7), measured(8)]);
  assert.equal(kept, 1);
  assert.deepEqual(released.sort(), [0, 2, 3]);
});

test("a frame at rest is better than a sharper one of a moving stage, and good light better than both", async () => {
  assert.equal((await burst([measured(9, { isStill: false }), measured(4)])).kept, 1);
  assert.equal((await burst([measured(9, { light: "bright" }), measured(4, { isStill: false })])).kept, 1);
});

test("a burst with one frame is a photograph, and one without any is an error", async () => {
  const lost = new Error("the camera was taken away");
  assert.equal((await burst([lost, measured(2), lost])).kept, 1);
  await assert.rejects(burst([lost, lost]), lost);
});
