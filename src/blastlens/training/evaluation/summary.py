"""What a model scored on images it did not learn from, in the few figures that its package carries."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import LABELS, Label
from blastlens.inference.manifest import Calibration
from blastlens.inference.uncertainty import prediction_set
from blastlens.training.evaluation.metrics import score
from blastlens.training.evaluation.predictions import Predictions


@dataclass(frozen=True)
class Summary:
    """Scores over one part of a split, where every image is answered.

    Attributes:
        images: how many were judged.
        accuracy: share whose most probable class is the true one, 0 to 1.
        recall: for each label, the share of its images that were called so; 0 where it has none.
        confusion: rows are true classes, columns are predicted ones, counts, in the order of the labels.
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


def summarise(
    probabilities: NDArray[np.float64],
    classes: NDArray[np.int64],
    calibration: Calibration,
    labels: Sequence[Label] = LABELS,
) -> Summary:
    """Score calibrated probabilities (N, C), in the order of `labels`, against true classes (N,)."""
    scores = score(_all_answered(probabilities, classes, calibration, tuple(labels)), resamples=1)
    return Summary(
        images=scores.images,
        accuracy=scores.accuracy.value,
        recall={label: of.recall.value if of.images else 0.0 for label, of in scores.classes.items()},
        confusion=[row[:-1] for row in scores.confusion],
        calibration_error=scores.calibration_error.value,
        set_coverage=scores.set_coverage.value,
        set_size=scores.set_size.value,
    )


def _all_answered(
    probabilities: NDArray[np.float64], classes: NDArray[np.int64], calibration: Calibration, labels: tuple[Label, ...]
) -> Predictions:
    sets = np.zeros(probabilities.shape, bool)
    for row, values in zip(sets, probabilities, strict=True):
        row[list(prediction_set(values, calibration.set_threshold))] = True
    alone = np.arange(len(classes)).astype(np.str_)
    return Predictions(labels, classes, np.ones(len(classes), bool), probabilities, sets, alone, {})
