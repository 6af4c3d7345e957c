"""Cell model: class probabilities of crops around white cells."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage
from blastlens.domain.labels import LABELS
from blastlens.imaging.cell_crops import CROP_SIDE
from blastlens.imaging.white_cells import Proposal
from blastlens.inference.graph import Graph

OTHER_WHITE = "other_white"
"""A white cell that is neither a blast nor a benign precursor: a granulocyte, a monocyte, a lymphocyte …"""
NOT_WHITE = "not_white"
"""A red cell, platelet, smudge, debris or ink."""

CELL_CLASSES: tuple[str, ...] = (*map(str, LABELS), OTHER_WHITE, NOT_WHITE)
"""Classes in the order of the probabilities."""

LARGEST_NOT_WHITE = 0.3
"""A proposal with a greater probability of *not a white cell* is none: dark red cells of an unknown laboratory have 0.3
to 0.5 (ADR 0039)."""

_OTHER, _NOT = CELL_CLASSES.index(OTHER_WHITE), CELL_CLASSES.index(NOT_WHITE)
_LARGEST_LOBE = 15.0  # px of 0.5 um
_NEAR_LOBES = 16.0  # px: centres of two lobes of one nucleus are nearer

INPUT, OUTPUT = "crops", "probabilities"
"""Names in the graph."""


class CellModel:
    """Runs the graph of the cell model. Thread-safe.

    Args:
        graph: LiteRT flatbuffer with the input `crops` (B, 48, 48, 4) float32, 0 to 255, and the output
            `probabilities` (B, 6). B is fixed in the graph.
        threads: number of threads of one call.

    Raises:
        DamagedPackage: the file is not a graph, or it has another input or output.
    """

    def __init__(self, graph: Path, threads: int) -> None:
        self._graph = Graph(graph, threads)
        given, returned = self._graph.inputs, self._graph.outputs
        self._batch = given[INPUT][0] if given.get(INPUT) else 0
        wanted = {INPUT: (self._batch, CROP_SIDE, CROP_SIDE, 4)}
        if self._batch < 1 or given != wanted or returned != {OUTPUT: (self._batch, len(CELL_CLASSES))}:
            raise DamagedPackage(f"{graph} has inputs {given} and outputs {returned}: it is not a cell model.")

    def run(self, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the probabilities (N, 6) of crops (N, 48, 48, 4) uint8 in the order of `CELL_CLASSES`."""
        answers = np.empty((len(crops), len(CELL_CLASSES)), np.float64)
        for start in range(0, len(crops), self._batch):
            part = crops[start : start + self._batch]
            padded = np.zeros((self._batch, *crops.shape[1:]), np.float32)
            padded[: len(part)] = part
            answers[start : start + len(part)] = self._graph.run({INPUT: padded})[OUTPUT][: len(part)]
        return answers


def choose_white_cells(proposals: Sequence[Proposal], probabilities: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which proposals are white cells, each cell once.

    A proposal is a white cell where *not a white cell* has a probability below `LARGEST_NOT_WHITE`. The lobes of a
    granulocyte's nucleus may be proposed one by one: of two small *other white cells* side by side the larger remains.
    Blasts that touch are never joined.

    Args:
        proposals: N regions of a field.
        probabilities: (N, 6) of them.
    """
    centres = np.array([proposal.centre for proposal in proposals]).reshape(-1, 2)
    sizes = np.array([proposal.diameter for proposal in proposals])
    white = np.flatnonzero(probabilities[:, _NOT] < LARGEST_NOT_WHITE)
    is_lobe = (probabilities.argmax(axis=1) == _OTHER) & (sizes < _LARGEST_LOBE)
    kept = np.zeros(len(proposals), bool)
    for index in white[np.argsort(-sizes[white], kind="stable")].tolist():
        apart = np.hypot(*(centres[kept] - centres[index]).T)
        kept[index] = not (is_lobe[index] and (apart < _NEAR_LOBES).any())
    return np.flatnonzero(kept)
