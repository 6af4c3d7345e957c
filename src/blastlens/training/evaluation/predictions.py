"""Predictions of a model beside the true classes, as arrays."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Answer, Prediction
from blastlens.training.data.arrays import class_indices
from blastlens.training.data.dataset import Example


@dataclass(frozen=True)
class Predictions:
    """Answers to N images beside their true classes.

    Attributes:
        labels: the C labels of the model.
        truth: (N,) int64, positions in `labels`.
        answered: (N,) bool, False where the image was rejected.
        probabilities: (N, C) float64, calibrated; zeros where rejected.
        sets: (N, C) bool, the prediction sets; empty where rejected.
        groups: (N,) names; images of one group overlap and are resampled together.
        rejections: number of rejected images for each reason.
    """

    labels: tuple[Label, ...]
    truth: NDArray[np.int64]
    answered: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
    sets: NDArray[np.bool_]
    groups: NDArray[np.str_]
    rejections: dict[str, int]

    def __len__(self) -> int:
        return len(self.truth)


def collect_predictions(
    examples: Sequence[Example], answers: Sequence[Answer], labels: tuple[Label, ...]
) -> Predictions:
    """Collect the answers to examples beside their classes.

    Args:
        examples: the images that were classified.
        answers: one for each example, in order.
        labels: the model's classes; for a screening model every leukemia is "malignant".
    """
    probabilities = np.zeros((len(examples), len(labels)))
    sets = np.zeros((len(examples), len(labels)), bool)
    for index, answer in enumerate(answers):
        if isinstance(answer, Prediction):
            probabilities[index] = [answer.probabilities[label] for label in labels]
            sets[index] = [label in answer.prediction_set for label in labels]
    reasons = Counter(str(answer.reason) for answer in answers if not isinstance(answer, Prediction))
    return Predictions(
        labels,
        class_indices(examples, labels),
        np.array([isinstance(answer, Prediction) for answer in answers], bool),
        probabilities,
        sets,
        np.array([example.group for example in examples], np.str_),
        dict(sorted(reasons.items())),
    )


def concatenate_predictions(parts: Sequence[Predictions]) -> Predictions:
    """Concatenate the predictions of a recipe's models, each on its own fold.

    Raises:
        InvalidData: the models have different classes.
    """
    if len({part.labels for part in parts}) != 1:
        raise InvalidData(
            "the packages have different classes, so their scores cannot be combined. Evaluate them one by one."
        )
    reasons = sum((Counter(part.rejections) for part in parts), Counter[str]())
    return Predictions(
        parts[0].labels,
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.answered for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.sets for part in parts]),
        np.concatenate([part.groups for part in parts]),
        dict(sorted(reasons.items())),
    )
