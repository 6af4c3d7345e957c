import assert from "node:assert/strict";
import test from "node:test";
import { decimalsOf, measure, scaleBar } from "../../../src/blastlens/web/clinic/examination/core/ruler.js";
import { centreOn, fit, keepInside, limits, pan, toImage, zoomAt } from "../../../src/blastlens/web/clinic/examination/core/viewport.js";

const IMAGE = { width: 2000, height: 1000 };
const FRAME = { width: 800, height: 600 };

test("a field that fits lies in the middle", () => {
  assert.deepEqual(fit(IMAGE, FRAME), { scale: 0.4, left: 0, top: 100 });
});

test("what lies under the pointer stays there while zooming", () => {
  const view = fit(IMAGE, FRAME);
  const point = { x: 300, y: 250 };
  const before = toImage(view, point);
  const after = toImage(zoomAt(view, 3.7, point, limits(IMAGE, FRAME)), point);
  assert.ok(Math.abs(before.x - after.x) < 1e-9 && Math.abs(before.y - after.y) < 1e-9);
});

test("zooming ends at its limits", () => {
  const range = limits(IMAGE, FRAME);
  assert.equal(zoomAt(fit(IMAGE, FRAME), 1e9, { x: 0, y: 0 }, range).scale, range.most);
  assert.equal(zoomAt(fit(IMAGE, FRAME), 1e-9, { x: 0, y: 0 }, range).scale, range.least);
});

test("the image cannot be lost by moving it", () => {
  const far = pan(fit(IMAGE, FRAME), 1e6, -1e6, IMAGE, FRAME);
  assert.ok(far.left < FRAME.width && far.top > -IMAGE.height * far.scale);
  assert.deepEqual(keepInside(far, IMAGE, FRAME), far);
});

test("a cell is opened in the middle, as large as a share of the frame", () => {
  const view = centreOn([500, 400, 100, 100], IMAGE, FRAME);
  const middle = toImage(view, { x: 400, y: 300 });
  assert.deepEqual({ x: Math.round(middle.x), y: Math.round(middle.y) }, { x: 550, y: 450 });
  assert.equal(Math.round(100 * view.scale), 180);
});

test("a scale bar has a round length and fits", () => {
  for (const um of [0.0031, 0.05, 0.1, 0.27, 1, 3.3]) {
    const bar = scaleBar(um);
    assert.ok(bar.pixels <= 140.001 && bar.pixels > 50, `${um}: ${bar.pixels}`);
    assert.match(bar.um.toExponential(), /^[125]e/);
  }
});

test("the ruler gives micrometres only where the pixel size is known", () => {
  assert.deepEqual(measure({ x: 0, y: 0 }, { x: 30, y: 40 }, 0.1), { pixels: 50, um: 5 });
  assert.equal(measure({ x: 0, y: 0 }, { x: 30, y: 40 }, null).um, null);
  assert.deepEqual([0.42, 8.5, 120].map(decimalsOf), [2, 1, 0]);
});
