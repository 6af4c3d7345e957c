"""Tiny, complete model package for tests."""

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS
from blastlens.imaging.segmentation import SegmentationSettings
from blastlens.inference.arrays import arrays_to_bytes
from blastlens.inference.distance import Statistics
from blastlens.inference.explanation import Head
from blastlens.inference.manifest import Branch, Calibration, DistanceLimit, Manifest, Weights
from blastlens.inference.package import DISTANCE_FILE, HEAD_FILE, ModelPackage, write_package
from tests.tiny_graph import tiny_graph

SIZE = 32
BRANCHES = (Branch("colours", "original"), Branch("colours", "segmented"))
WIDE = DistanceLimit(5.0, 5.0)
"""A limit that drawn smears keep."""


def head(widths: tuple[int, ...] = (6, 5, len(LABELS)), seed: int = 0) -> Head:
    """A head of random weights that lie on the grid of int8, for features from 0 to 255."""
    draw = np.random.default_rng(seed)
    shapes = list(pairwise(widths))
    kernels, biases = [], []
    for position, shape in enumerate(shapes):
        levels = draw.integers(-127, 128, shape).astype(np.float32)
        levels[0] = 127
        kernels.append(levels * np.float32((0.01, 0.5)[min(position, 1)] / 127))
        biases.append(np.full(shape[1], 0.1, np.float32))
    return Head(tuple(kernels), tuple(biases))


def head_bytes(given: Head) -> bytes:
    """A head as `head.npz` holds it."""
    arrays: dict[str, NDArray[np.int8] | NDArray[np.float32]] = {}
    for i, (kernel, bias) in enumerate(zip(given.kernels, given.biases, strict=True)):
        scale = np.abs(kernel).max(axis=0) / 127
        arrays |= {f"kernel_{i}": np.round(kernel / scale).astype(np.int8), f"scale_{i}": scale, f"bias_{i}": bias}
    return arrays_to_bytes(arrays)


def statistics() -> Statistics:
    """Statistics under which colours of a usual smear are near: each feature by itself."""
    one = np.ones(6, np.float32)
    unity = np.eye(6, 4, dtype=np.float32)
    means = np.zeros((len(LABELS), 4), np.float32)
    return Statistics(one * 0.4, one * 0.2, unity, np.eye(4, dtype=np.float32), means)


def manifest(
    limit: DistanceLimit | None = None,
    calibration: Calibration | None = None,
    colour: str = "as_taken",
    branches: tuple[Branch, ...] = BRANCHES,
    graph: bytes = b"",
) -> Manifest:
    """A manifest, with what a test does not care about filled in."""
    return Manifest(
        name="tiny",
        version="0.0.1",
        classes=LABELS,
        size=SIZE,
        colour=colour,
        branches=branches,
        segmentation=SegmentationSettings(),
        calibration=calibration or Calibration(1.0, 0.4, 0.99),
        distance=limit,
        weights=Weights("model.tflite", hashlib.sha256(graph).hexdigest(), "none"),
        files={},
        training_data={"images": {}},
        measured={},
    )


def write_tiny(
    folder: Path,
    limit: DistanceLimit | None = WIDE,
    calibration: Calibration | None = None,
    colour: str = "as_taken",
    branches: tuple[Branch, ...] = BRANCHES,
) -> ModelPackage:
    """Write a whole package."""
    given = head((3 * len(branches), 5, len(LABELS)))
    graph = tiny_graph([branch.input for branch in branches], SIZE, given)
    files = {HEAD_FILE: head_bytes(given)}
    if limit is not None:
        files[DISTANCE_FILE] = statistics().to_bytes()
    return write_package(folder, manifest(limit, calibration, colour, branches, graph), graph, files)
