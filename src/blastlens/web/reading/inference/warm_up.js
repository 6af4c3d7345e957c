/** Warm-up: what V8 has to run before it optimises the modules and graphs that read images. */

import { declarePixelSize } from "../domain/field.js";
import { createRaster } from "../raster.js";

/** Readings of a drawn smear after which V8 has optimised most of the modules. */
const READINGS = 2;

/** Sides of the drawn smear in pixels of 0.25 micrometres, and its cells. */
const [WIDTH, HEIGHT, UM] = [384, 288, 0.25];
const [SPACING, RADIUS] = [96, 15];

const GLASS = [238, 226, 234];
const NUCLEUS = [112, 62, 148];
const RED_CELL = [226, 176, 186];

/**
 * Read a drawn smear: one reading for each step, so that a photograph can come between.
 *
 * The first photograph is then read in two thirds of the time.
 *
 * @param {import("./field.js").FieldReader} reader
 * @returns {Generator<void>}
 */
export function* warmUp(reader) {
  for (let reading = 0; reading < READINGS; reading++) {
    reader.read(drawSmear(), { declared: declarePixelSize(UM) });
    yield;
  }
}

/** Return a smear of round cells in rows, every second one with a nucleus. */
function drawSmear() {
  const smear = createRaster(WIDTH, HEIGHT, 3);
  for (let row = 0, to = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++, to += 3) {
      const [across, down] = [Math.floor(column / SPACING), Math.floor(row / SPACING)];
      const away = Math.hypot((column % SPACING) - SPACING / 2, (row % SPACING) - SPACING / 2);
      const cell = (across + down) % 2 === 0 ? NUCLEUS : RED_CELL;
      const colour = away < RADIUS ? cell : GLASS;
      const grain = (row * 7 + column * 13) % 5; // a drawing without any would count as blurred
      for (let channel = 0; channel < 3; channel++) smear.data[to + channel] = colour[channel] - 3 * grain;
    }
  }
  return smear;
}
