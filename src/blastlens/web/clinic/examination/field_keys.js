/** Keys of the view of a field. */

import { KINDS } from "./core/kinds.js";

/**
 * @typedef {object} FieldActions what the keys do
 * @property {() => import("./field_canvas.js").FieldCanvas | null} canvas
 * @property {(by: number) => void} step to another cell
 * @property {(by: number) => void} goToField
 * @property {() => void} toggleOutlines
 * @property {() => void} toggleRuler
 * @property {() => void} toggleCompare
 * @property {() => void} undo
 * @property {() => void} back
 * @property {(kind: string) => void} move the chosen cell
 */

/** @param {FieldActions} actions @returns {import("../../shared/keyboard.js").Key[]} */
export function fieldKeys(actions) {
  return [
    { key: "+", label: "keys.zoom_in", run: () => actions.canvas()?.zoomBy(1) },
    { key: "=", label: "keys.zoom_in", hidden: true, run: () => actions.canvas()?.zoomBy(1) },
    { key: "-", label: "keys.zoom_out", run: () => actions.canvas()?.zoomBy(-1) },
    { key: "0", label: "keys.fit", run: () => actions.canvas()?.fit() },
    { key: "j", label: "keys.next_cell", run: () => actions.step(1) },
    { key: "k", label: "keys.previous_cell", run: () => actions.step(-1) },
    { key: "]", label: "keys.next_field", run: () => actions.goToField(1) },
    { key: "[", label: "keys.previous_field", run: () => actions.goToField(-1) },
    { key: "o", label: "keys.outlines", run: actions.toggleOutlines },
    { key: "r", label: "keys.ruler", run: actions.toggleRuler },
    { key: "c", label: "keys.compare", run: actions.toggleCompare },
    { key: "z", label: "keys.undo", run: actions.undo },
    { key: "Escape", label: "keys.back", run: actions.back },
    ...KINDS.map((kind, place) => ({ key: String(place + 1), label: `keys.kind.${kind}`, run: () => actions.move(kind) })),
  ];
}
