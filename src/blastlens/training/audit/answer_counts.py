"""Counts of answers: certain, open, and refused by reason."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from blastlens.domain.labels import Label
from blastlens.domain.prediction import Answer, Prediction
from blastlens.training.evaluation.intervals import estimate_share

FEW_CELLS = 5
"""A field with fewer white cells has few."""


@dataclass(frozen=True)
class AnswerCounts:
    """Counts of the answers to images.

    Attributes:
        images: number of images.
        refused: number of rejected images for each reason, most frequent first.
        benign_alone: number of prediction sets that hold benign only.
        benign_of_few: how many of them are of fields with few white cells; None where no answer counts white cells.
        without_benign: number of prediction sets that hold leukemias only.
        leukemia_alone: how many of them hold one label.
        set_size: mean number of labels in a prediction set; None where every image was rejected.
        cautions: number of answers with each caution, most frequent first.
    """

    images: int
    refused: Mapping[str, int]
    benign_alone: int
    benign_of_few: int | None
    without_benign: int
    leukemia_alone: int
    set_size: float | None
    cautions: Mapping[str, int]

    @property
    def rejected(self) -> int:
        """Number of rejected images."""
        return sum(self.refused.values())

    def plain(self) -> dict[str, Any]:
        """Return the counts as JSON can hold them, the two that matter most with Wilson's 95 % intervals."""
        return {
            "images": self.images,
            "rejected": self.rejected,
            "refused": dict(self.refused),
            "benign_alone": self._share(self.benign_alone),
            "benign_alone_of_few_cells": self.benign_of_few,
            "malignant_without_benign": self._share(self.without_benign),
            "one_leukemia_alone": self.leukemia_alone,
            "set_size": self.set_size,
            "cautions": dict(self.cautions),
        }

    def _share(self, count: int) -> dict[str, Any]:
        return {"count": count, **estimate_share(count, self.images).plain()}


def count_answers(answers: Sequence[Answer]) -> AnswerCounts:
    """Count answers by what they say."""
    predictions = [answer for answer in answers if isinstance(answer, Prediction)]
    benign = [answer for answer in predictions if is_benign_alone(answer)]
    without = [answer for answer in predictions if Label.BENIGN not in answer.prediction_set]
    counted = any(answer.field is not None for answer in predictions)
    fields = [answer.field for answer in answers if answer.field is not None]
    return AnswerCounts(
        images=len(answers),
        refused=_ranked(str(answer.reason) for answer in answers if not isinstance(answer, Prediction)),
        benign_alone=len(benign),
        benign_of_few=sum(map(_has_few_cells, benign)) if counted else None,
        without_benign=len(without),
        leukemia_alone=sum(answer.is_certain for answer in without),
        set_size=fmean(len(answer.prediction_set) for answer in predictions) if predictions else None,
        cautions=_ranked(str(caution) for field in fields for caution in field.cautions),
    )


def is_benign_alone(answer: Answer) -> bool:
    """Return whether the answer is benign, with no other label in its prediction set."""
    return isinstance(answer, Prediction) and answer.prediction_set == (Label.BENIGN,)


def _has_few_cells(answer: Prediction) -> bool:
    return answer.field is not None and answer.field.white_cells < FEW_CELLS


def _ranked(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())
