"""Window model: a package's main graph with calibration, distance and heat map."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.model_input import segmented_input, shrink
from blastlens.inference.distance import Statistics
from blastlens.inference.engine import Engine, Outputs
from blastlens.inference.explanation import Head, grad_cam, join_heat_maps
from blastlens.inference.package import DISTANCE_FILE, HEAD_FILE, ModelPackage
from blastlens.inference.uncertainty import apply_temperature


@dataclass(frozen=True)
class WindowReading:
    """What the model found in one window.

    Attributes:
        outputs: of the graph.
        probabilities: (C,) float64, calibrated.
        distance: from the training data, as a multiple of the limit; 0 in a package without one.
    """

    outputs: Outputs
    probabilities: NDArray[np.float64]
    distance: float


class WindowModel:
    """Runs the windows of fields through one package. Thread-safe.

    Args:
        package: the model.
        threads: number of threads of the graph.

    Raises:
        DamagedPackage: the graph cannot be run, or a file does not match its manifest.
    """

    def __init__(self, package: ModelPackage, threads: int) -> None:
        self._package = package
        self._manifest = manifest = package.manifest
        self._engine = Engine(package.graph, manifest.size, len(manifest.classes), manifest.branches, threads)
        self._statistics = None if manifest.distance is None else Statistics.load(package.folder / DISTANCE_FILE)

    def read(self, normalised: NDArray[np.uint8], mask: NDArray[np.bool_]) -> WindowReading:
        """Read one window (H, W, 3) uint8 RGB in the package's colour, with its blast mask (H, W)."""
        original, mask_share = shrink(normalised, mask, self._manifest.size)
        outputs = self._engine.run(original, segmented_input(original, mask_share))
        probabilities = apply_temperature(outputs.probabilities, self._manifest.calibration.temperature)
        return WindowReading(outputs, probabilities, self._measure_distance(outputs))

    def explain(self, reading: WindowReading, class_index: int, height: int, width: int) -> NDArray[np.float32]:
        """Return the heat map of a window for a class, (height, width) float32, 0 to 1."""
        return join_heat_maps(grad_cam(reading.outputs, self._head, class_index), height, width)

    def _measure_distance(self, outputs: Outputs) -> float:
        limit = self._manifest.distance
        if limit is None or self._statistics is None:
            return 0.0
        return self._statistics.measure(outputs.features).relative_to(limit)

    @cached_property
    def _head(self) -> Head:
        return Head.load(self._package.folder / HEAD_FILE)
