"""Engine that runs a graph with LiteRT."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import DamagedPackage
from blastlens.inference.graph import Graph, Shape
from blastlens.inference.manifest import Branch

ORIGINAL, SEGMENTED = "original", "segmented"
PROBABILITIES, FEATURES = "probabilities", "features"


def map_name(position: int) -> str:
    """Return the name of the graph's output with the map of a branch."""
    return f"map_{position}"


@dataclass(frozen=True)
class Outputs:
    """Outputs of a graph for one image.

    Attributes:
        probabilities: (C,) float64, softmax, not yet calibrated.
        features: (F,) float32, the means of all maps in the order of the branches.
        maps: for each branch (h, w, F_i) float32, the last map of its backbone.
    """

    probabilities: NDArray[np.float64]
    features: NDArray[np.float32]
    maps: tuple[NDArray[np.float32], ...]


class Engine:
    """Runs one graph, one call at a time. Thread-safe.

    Args:
        graph: LiteRT flatbuffer with the inputs of its branches, and the outputs `probabilities`, `features` and
            a `map_i` for each branch.
        size: required side of the inputs in pixels.
        classes: required number of probabilities.
        branches: in the order of the maps.
        threads: number of threads of one call.

    Raises:
        DamagedPackage: the file is not a graph, or it has other inputs or outputs.
    """

    def __init__(self, graph: Path, size: int, classes: int, branches: Sequence[Branch], threads: int) -> None:
        self._graph = Graph(graph, threads)
        self._inputs = {branch.input for branch in branches}
        self._maps = [map_name(position) for position in range(len(branches))]
        self._check_inputs(graph, (1, size, size, 3))
        self._check_outputs(graph, classes)

    def run(self, original: NDArray[np.uint8], segmented: NDArray[np.uint8]) -> Outputs:
        """Run the graph on two (S, S, 3) uint8 RGB images.

        It receives those that it has inputs for.
        """
        images = {ORIGINAL: original, SEGMENTED: segmented}
        inputs = {name: images[name][None].astype(np.float32) for name in self._inputs}
        outputs = self._graph.run(inputs)
        return Outputs(
            probabilities=outputs[PROBABILITIES][0].astype(np.float64),
            features=outputs[FEATURES][0],
            maps=tuple(outputs[name][0] for name in self._maps),
        )

    def _check_inputs(self, graph: Path, image: Shape) -> None:
        shapes = self._graph.inputs
        if shapes != dict.fromkeys(self._inputs, image):
            raise DamagedPackage(f"{graph} has inputs {shapes}, not {image} for each of {sorted(self._inputs)}.")

    def _check_outputs(self, graph: Path, classes: int) -> None:
        shapes = self._graph.outputs
        maps = [shapes.get(name, ()) for name in self._maps]
        whole = set(shapes) == {PROBABILITIES, FEATURES, *self._maps} and all(len(each) == 4 for each in maps)
        features = sum(each[-1] for each in maps) if whole else None
        if not whole or shapes[PROBABILITIES] != (1, classes) or shapes[FEATURES] != (1, features):
            raise DamagedPackage(
                f"{graph} has outputs {shapes}, not {classes} probabilities, {len(maps)} maps and their means."
            )
