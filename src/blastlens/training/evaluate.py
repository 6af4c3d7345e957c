"""What a model scored on images it did not learn from."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS
from blastlens.inference.manifest import Calibration
from blastlens.inference.uncertainty import prediction_set

_BINS = 10


@dataclass(frozen=True)
class Evaluation:
    """Scores over one part of a split.

    Attributes:
        images: how many were judged.
        accuracy: share whose most probable class is the true one, 0 to 1.
        recall: for each label, the share of its images that were called so.
        confusion: rows are true classes, columns are predicted ones, counts, in the order of `LABELS`.
        calibration_error: expected calibration error over ten bins (Guo et al. 2017), 0 to 1.
        set_coverage: share of images whose prediction set holds the true class.
        set_size: mean number of labels in the set.
    """

    images: int
    accuracy: float
    recall: dict[str, float]
    confusion: list[list[int]]
    calibration_error: float
    set_coverage: float
    set_size: float

    def plain(self) -> dict[str, Any]:
        """Return the scores as JSON can hold them."""
        return asdict(self)


def evaluate(probabilities: NDArray[np.float64], classes: NDArray[np.int64], calibration: Calibration) -> Evaluation:
    """Score calibrated probabilities (N, C) against true classes (N,)."""
    predicted = probabilities.argmax(axis=1)
    confusion = np.zeros((len(LABELS), len(LABELS)), dtype=int)
    np.add.at(confusion, (classes, predicted), 1)
    totals = np.maximum(confusion.sum(axis=1), 1)
    sets = [prediction_set(row, calibration.set_threshold) for row in probabilities]
    return Evaluation(
        images=len(classes),
        accuracy=float((predicted == classes).mean()),
        recall={str(label): float(confusion[i, i] / totals[i]) for i, label in enumerate(LABELS)},
        confusion=confusion.tolist(),
        calibration_error=_calibration_error(probabilities, classes),
        set_coverage=float(np.mean([true in chosen for true, chosen in zip(classes, sets, strict=True)])),
        set_size=float(np.mean([len(chosen) for chosen in sets])),
    )


def _calibration_error(probabilities: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    highest = probabilities.max(axis=1)
    hits = probabilities.argmax(axis=1) == classes
    bins = np.minimum((highest * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(hits[bins == index].mean() - highest[bins == index].mean()) * (bins == index).mean()
        for index in range(_BINS)
        if (bins == index).any()
    ]
    return float(sum(gaps))
