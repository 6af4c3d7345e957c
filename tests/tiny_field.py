"""Tiny model package for fields, with a fixed pixel size."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from blastlens.domain.examination_answer import ExaminationConstants
from blastlens.domain.field import PixelSize, PixelSizeSource
from blastlens.inference.aggregation import AggregationSettings
from blastlens.inference.field import FieldReader
from blastlens.inference.manifest import FieldGraph
from blastlens.inference.package import ModelPackage, write_manifest
from blastlens.inference.window_model import WindowModel
from tests.tiny_graph import TinyGraph
from tests.tiny_package import write_tiny

BENIGN, EARLY, PRE, PRO, OTHER, NOT_WHITE = range(6)
CROP, BATCH = 48, 8

SETTINGS = AggregationSettings(
    cells_weight=2.0,
    windows_weight=0.5,
    half_cells=1.0,
    clip=1e-3,
    set_threshold=0.05,
    coverage=0.99,
    least_cells=3,
    least_named=0.5,
    named_share=0.5,
    blast_probability=0.8,
    benign_blasts=0.05,
    significance=0.001,
    disagreement=1.0,
    least_benign=0.0,
    far=3.0,
    floor=0.15,
    greatest_error=0.4,
)

EXAMINATION = ExaminationConstants(
    least_white_cells=20,
    clip=1e-3,
    correlation=0.2,
    set_threshold=0.05,
    coverage=0.99,
    benign_blasts=0.02,
    significance=0.001,
    open_share=0.5,
    floor=0.15,
)


def cell_graph(kind: int) -> bytes:
    """Return a cell graph that takes every crop for a cell of one kind, unless it holds hardly any nucleus."""
    writer = TinyGraph()
    crops = writer.tensor("crops", (BATCH, CROP, CROP, 4))
    axes = writer.tensor("axes", (2,), np.array([1, 2], np.int32))
    means = writer.apply("MEAN", [crops, axes], "means", (BATCH, 4))
    kernel = np.zeros((6, 4), np.float32)
    kernel[NOT_WHITE, 3] = -1.0  # a mask with a mean of five levels is a nucleus of six pixels
    bias = np.zeros(6, np.float32)
    bias[NOT_WHITE] = 8.0
    bias[kind] = 5.0 if kind != NOT_WHITE else 1000.0
    weights, offset = writer.tensor("kernel", kernel.shape, kernel), writer.tensor("bias", bias.shape, bias)
    none = schema.ActivationFunctionType.NONE
    logits = writer.apply(
        "FULLY_CONNECTED", [means, weights, offset], "logits", (BATCH, 6), fusedActivationFunction=none
    )
    return writer.finish({"crops": crops}, {"probabilities": writer.apply("SOFTMAX", [logits], "p", (BATCH, 6))})


def write_tiny_field(folder: Path, kind: int = PRE, settings: AggregationSettings | None = SETTINGS) -> ModelPackage:
    """Write a package whose white cells are all of one kind."""
    return add_field_graphs(write_tiny(folder), kind, settings)


def add_field_graphs(
    package: ModelPackage, kind: int = PRE, settings: AggregationSettings | None = SETTINGS
) -> ModelPackage:
    """Add graphs of scale and cells to a package of windows."""
    folder = package.folder
    graphs = {"scale.tflite": b"the scale is fixed", "cells.tflite": cell_graph(kind)}
    for name, data in graphs.items():
        (folder / name).write_bytes(data)
    scale, cells = (FieldGraph(name, hashlib.sha256(data).hexdigest(), {}) for name, data in graphs.items())
    return write_manifest(
        folder,
        replace(
            package.manifest,
            scale=scale,
            cells=cells,
            evaluated_um=(0.05, 1.0),
            aggregation=settings,
            examination=EXAMINATION,
        ),
    )


class FixedScale:
    """Stands for the scale model: every field has the same pixel size."""

    def __init__(self, um: float | None = 0.5, error: float = 0.2) -> None:
        self.size = PixelSize(um, PixelSizeSource.LEARNED if um else PixelSizeSource.UNKNOWN, error)

    def estimate(self, image: NDArray[np.uint8], usable: NDArray[np.bool_] | None = None) -> PixelSize:
        """Return the pixel size."""
        return self.size


def field_reader(package: ModelPackage, um: float | None = 0.5, error: float = 0.2) -> FieldReader:
    """Return the reader of a package for which every field has a pixel size."""
    return FieldReader(package, WindowModel(package, threads=1), FixedScale(um, error), threads=1)


@contextmanager
def fixed_scale() -> Iterator[None]:
    """Let classifiers that are made meanwhile take every pixel for half a micrometre wide."""
    with patch("blastlens.inference.classifier.ScaleModel", lambda *_: FixedScale()):
        yield
