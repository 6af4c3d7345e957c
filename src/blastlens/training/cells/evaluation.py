"""Evaluation of the cell model: accuracy, and recall and precision of cells."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS, Label
from blastlens.inference.cells import CELL_CLASSES, LARGEST_NOT_WHITE, NOT_WHITE, OTHER_WHITE
from blastlens.training.cells.plain_crops import cut_plain_crops
from blastlens.training.cells.sources import HOME, CellSource
from blastlens.training.progress import NamedTrack

Probabilities = NDArray[np.float64]
RunCells = Callable[[NDArray[np.uint8]], Probabilities]
"""Returns the probabilities (N, 6) of crops (N, 48, 48, 4)."""

_BENIGN = CELL_CLASSES.index(Label.BENIGN)
_OTHER, _NOT = CELL_CLASSES.index(OTHER_WHITE), CELL_CLASSES.index(NOT_WHITE)
_LEUKEMIC = [CELL_CLASSES.index(label) for label in LABELS if label is not Label.BENIGN]
_LEAST = 1e-3
_LEAST_BOX = 0.9  # of a red cell: smaller boxes of white cells are cut off or wrong


@dataclass(frozen=True)
class ReadImage:
    """What the cell model says of an image.

    Attributes:
        source: the image.
        probabilities: (N, 6) of its proposals.
        centres: (N, 2) of its proposals, x and y as shares of the image.
    """

    source: CellSource
    probabilities: Probabilities
    centres: NDArray[np.float64]

    @property
    def is_white(self) -> NDArray[np.bool_]:
        """(N,), whether a proposal is taken for a white cell."""
        return self.probabilities[:, _NOT] < LARGEST_NOT_WHITE


def read_images(
    run: RunCells, sources: Sequence[CellSource], track: NamedTrack, alone: bool = False
) -> list[ReadImage]:
    """Run the model on all proposals of images; `alone` paints everything else in the colour of the background."""
    cut = cut_plain_crops(sources, track, alone)
    probabilities = run(cut.crops)
    chosen = (np.flatnonzero(cut.images == index) for index in range(len(sources)))
    return [ReadImage(source, probabilities[at], cut.centres[at]) for source, at in zip(sources, chosen, strict=True)]


def pool_cells(probabilities: Probabilities) -> Probabilities:
    """Return the mean logarithm of the four labels' probabilities over the white cells of an image, (4,).

    Every cell counts by its probability to be white. *Other white cell* supports "benign". All zero without cells.
    """
    weights = 1.0 - probabilities[:, _NOT]
    if not len(weights) or weights.max() < 0.2:
        return np.zeros(len(LABELS))
    four = probabilities[:, : len(LABELS)].copy()
    four[:, _BENIGN] += probabilities[:, _OTHER]
    four /= np.maximum(four.sum(axis=1, keepdims=True), 1e-9)
    pooled: Probabilities = (weights[:, None] * np.log(np.maximum(four, _LEAST))).sum(axis=0) / weights.sum()
    return pooled


def measure_leukemic(image: ReadImage) -> float:
    """Return the mean probability of leukemia over the white cells of an image; 0 without any."""
    white = image.probabilities[image.is_white]
    return float(white[:, _LEUKEMIC].sum(axis=1).mean()) if len(white) else 0.0


def measure_home(images: Sequence[ReadImage]) -> dict[str, Any]:
    """Return accuracy and recalls by one image, by pooled cells alone."""
    truth = np.array([LABELS.index(Label(image.source.truth)) for image in images])
    said = np.array([pool_cells(image.probabilities).argmax() for image in images])
    benign = [image for image in images if image.source.truth == Label.BENIGN]
    unnamed = [not (image.probabilities[:, _BENIGN] > 0.5).any() for image in benign]
    return {
        "images": len(images),
        "accuracy": float((said == truth).mean()),
        "recalls": [float((said == truth)[truth == index].mean()) for index in range(len(LABELS))],
        "leukemia_as_benign": int(((truth != _BENIGN) & (said == _BENIGN)).sum()),
        "benign_without_benign_cell": float(np.mean(unnamed)) if unnamed else 0.0,
    }


def measure_elsewhere(images: Sequence[ReadImage]) -> dict[str, dict[str, Any]]:
    """Return, by laboratory and truth, the white cells of an image and how often it looks leukemic."""
    grouped: dict[str, list[ReadImage]] = defaultdict(list)
    for image in images:
        if image.source.laboratory != HOME:
            truth = image.source.truth if image.source.truth in ("acute_lymphoblastic_leukemia", "myeloma") else ""
            grouped[f"{image.source.laboratory} {truth}".strip()].append(image)
    return {
        name: {
            "images": len(members),
            "white_cells": float(np.mean([image.is_white.sum() for image in members])),
            "leukemic": float(np.mean([measure_leukemic(image) for image in members])),
            "leukemic_images": float(np.mean([measure_leukemic(image) > 0.5 for image in members])),
        }
        for name, members in sorted(grouped.items())
    }


def measure_boxes(images: Sequence[ReadImage]) -> dict[str, dict[str, Any]]:
    """Return recall and precision of white cells, by laboratory with boxes.

    A cell is found if the centre of a proposal taken for white lies in its box.
    """
    counts: dict[str, NDArray[np.int64]] = defaultdict(lambda: np.zeros(4, np.int64))
    for image in images:
        if image.source.boxes is not None:
            counts[image.source.laboratory] += _count_boxes(image)
    return {
        name: {
            "boxes": int(boxes),
            "recall": found / max(boxes, 1),
            "accepted": int(accepted),
            "precision": right / max(accepted, 1),
        }
        for name, (boxes, found, accepted, right) in sorted(counts.items())
    }


def _count_boxes(image: ReadImage) -> NDArray[np.int64]:
    """Return the numbers of white cells, found ones, accepted proposals, and those in the box of a white cell."""
    boxes, red = image.source.boxes, image.source.red_cell
    if boxes is None or red is None:
        return np.zeros(4, np.int64)
    white = boxes[boxes[:, 0] == 0]
    large = white[white[:, 3:5].min(axis=1) >= _LEAST_BOX * red]
    centres = image.centres[image.is_white]
    inside = _inside(centres, white)
    found = _inside(centres, large).any(axis=0).sum()
    return np.array([len(large), found, len(centres), inside.any(axis=1).sum()], np.int64)


def _inside(centres: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of N centres lie in which of M boxes, (N, M)."""
    apart = np.abs(centres[:, None] - boxes[None, :, 1:3])
    return np.asarray((apart < boxes[None, :, 3:5] / 2).all(axis=2))
