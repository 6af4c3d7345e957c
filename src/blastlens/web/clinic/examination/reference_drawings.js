/** Drawings of white cells for comparison, made by us: one unit a micrometre, 20 of them shown. */

import { svg } from "lit";

const PLASMA = { pale: "#c9cfe8", blue: "#9fb0dc", deep: "#7f93d0", pink: "#ecd3dc", grey: "#c4c8da" };
const NUCLEUS = "#6b3f8f";
const DARK = "#4f2b74";
const FINE = "#7d56a0";
const NUCLEOLUS = "#a98ccb";

/** @param {number} r @param {string} colour */
const body = (r, colour) => svg`<circle cx="12" cy="12" r=${r} fill=${colour} />`;

/** @param {number} x @param {number} y @param {number} r */
const nucleolus = (x, y, r) => svg`<circle cx=${x} cy=${y} r=${r} fill=${NUCLEOLUS} />`;

/** Grains of chromatin in a circle of radius `r`. @param {number} r @param {number} number @param {number} size @param {string} colour */
function chromatin(r, number, size, colour) {
  const turn = Math.PI * (3 - Math.sqrt(5));
  return Array.from({ length: number }, (_, index) => {
    const distance = r * Math.sqrt((index + 0.5) / number) * 0.9;
    const x = 12 + distance * Math.cos(index * turn);
    const y = 12 + distance * Math.sin(index * turn);
    return svg`<circle cx=${x.toFixed(2)} cy=${y.toFixed(2)} r=${size} fill=${colour} opacity="0.55" />`;
  });
}

/**
 * Drawings: id (the key of its words), class that it helps to tell, and the drawing.
 * @type {readonly {id: string, kind: string, drawing: unknown}[]}
 */
export const DRAWINGS = Object.freeze([
  { id: "hematogone", kind: "benign", drawing: [body(4.9, PLASMA.blue), svg`<circle cx="12" cy="12" r="4.55" fill=${DARK} />`, chromatin(4.2, 14, 0.75, NUCLEUS)] },
  { id: "early_pre_b", kind: "early_pre_b", drawing: [body(6, PLASMA.blue), svg`<circle cx="12.2" cy="12.1" r="5.4" fill=${NUCLEUS} />`, chromatin(5, 34, 0.45, FINE), nucleolus(13.6, 10.8, 0.8)] },
  { id: "pre_b", kind: "pre_b", drawing: [body(6.6, PLASMA.blue), svg`<circle cx="12.5" cy="11.8" r="5.5" fill=${NUCLEUS} />`, chromatin(5, 30, 0.5, FINE), nucleolus(11.2, 10.4, 0.85), nucleolus(14.2, 13.4, 0.75)] },
  {
    id: "pro_b",
    kind: "pro_b",
    drawing: [
      body(7.2, PLASMA.deep),
      svg`<path d="M12 5.9c3.4 0 6.1 2.6 6.1 6.1 0 3.6-2.7 6-6.1 6-2.5 0-3.3-1-5-2.4-1.3-1-.2-1.9-1-3.3C5.3 9 8.6 5.9 12 5.9Z" fill=${NUCLEUS} />`,
      chromatin(5, 34, 0.42, FINE),
      nucleolus(10.2, 10.2, 1),
      nucleolus(14, 11.4, 0.9),
      nucleolus(11.8, 14.6, 0.8),
    ],
  },
  { id: "lymphocyte", kind: "other_white", drawing: [body(4.6, PLASMA.pale), svg`<circle cx="11.7" cy="12" r="3.9" fill=${DARK} />`, chromatin(3.4, 9, 0.9, NUCLEUS)] },
  {
    id: "neutrophil",
    kind: "other_white",
    drawing: [
      body(6.8, PLASMA.pink),
      svg`<g fill=${DARK}><circle cx="9.2" cy="9.4" r="2.2" /><circle cx="14.4" cy="9" r="2.1" /><circle cx="15" cy="14" r="2.3" /><circle cx="9.8" cy="15" r="2" /></g>
        <path d="M9.2 9.4 14.4 9 15 14 9.8 15" fill="none" stroke=${DARK} stroke-width="0.7" />`,
    ],
  },
  {
    id: "monocyte",
    kind: "other_white",
    drawing: [body(8.4, PLASMA.grey), svg`<path d="M7 9.5c1.4-3.4 6.8-4.4 9.3-1.6 2.3 2.6 1.7 7-1.2 8.7-2.4 1.3-4.4-.2-4-2.3.3-1.5-1-1.6-2.4-1.8C7.2 12.3 6.4 11 7 9.5Z" fill=${FINE} />`],
  },
  {
    id: "smudge",
    kind: "not_a_cell",
    drawing: [svg`<path d="M4.5 12.5C4 8.5 8 5 12.6 5.4c4 .3 7.2 3 6.9 6.6-.2 3.2-2.6 6.6-7 6.8-4.3.2-7.7-2.6-8-6.3Z" fill=${FINE} opacity="0.35" />`, svg`<path d="M8.5 12c.3-2 2.6-3.2 4.6-2.6s2.9 2.4 2 4.1-3.4 2-4.9 1.2-1.9-1.6-1.7-2.7Z" fill=${FINE} opacity="0.4" />`],
  },
]);
