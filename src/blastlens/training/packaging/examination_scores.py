"""Scores of the answers to drawn examinations."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from blastlens.domain.examination_answer import ExaminationConstants, answer_examination
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.training.packaging.examination_samples import (
    Drawing,
    DrawnExamination,
    LabelledField,
    draw_examinations,
    draw_mixtures,
)

MIXTURE = "benign with one field of leukemia"
"""Name of the examinations that `draw_mixtures` draws."""


@dataclass(frozen=True)
class ExaminationScores:
    """Scores of the answers to drawn examinations; shares from 0 to 1.

    Attributes:
        examinations: their number.
        white_cells: median of the white cells in them.
        accuracy: share whose first label is the true one.
        coverage: share whose set holds the true label.
        set_size: mean number of labels in the set.
        contradictions: share in which fields contradict one another.
        benign_alone: number of examinations of leukemia whose set is benign alone, with enough white cells or not.
        harmless: number of benign examinations that are answered as harmless.
        benign: number of benign examinations.
        insufficient: share with too few white cells.
    """

    examinations: int
    white_cells: float
    accuracy: float
    coverage: float
    set_size: float
    contradictions: float
    benign_alone: int
    harmless: int
    benign: int
    insufficient: float


def score_fields(fields: Sequence[LabelledField], constants: ExaminationConstants) -> dict[str, dict[str, Any]]:
    """Return the scores of examinations drawn from fields: by way of drawing and size, of all, and of mixtures."""
    drawn, mixtures = draw_examinations(fields), draw_mixtures(fields)
    parts = {
        f"{size} of {drawing}": [each for each in drawn if (each.size, each.drawing) == (size, drawing)]
        for drawing in Drawing
        for size in dict.fromkeys(each.size for each in drawn)
    }
    parts |= {"all": drawn} | ({MIXTURE: mixtures} if mixtures else {})
    return {name: asdict(score_examinations(part, constants)) for name, part in parts.items() if part}


def score_examinations(drawn: Sequence[DrawnExamination], constants: ExaminationConstants) -> ExaminationScores:
    """Return the scores of examinations, at least one."""
    answers = [answer_examination(each.fields, constants) for each in drawn]
    pairs = [(each, answer) for each, answer in zip(drawn, answers, strict=True) if answer is not None]
    benign = [answer for each, answer in pairs if each.truth is Label.BENIGN]
    return ExaminationScores(
        examinations=len(pairs),
        white_cells=float(np.median([answer.white_cells for _, answer in pairs])),
        accuracy=_mean(answer.label is each.truth for each, answer in pairs),
        coverage=_mean(each.truth in answer.prediction_set for each, answer in pairs),
        set_size=_mean(len(answer.prediction_set) for _, answer in pairs),
        contradictions=_mean(answer.contradicts for _, answer in pairs),
        benign_alone=sum(
            answer.prediction_set == (Label.BENIGN,) for each, answer in pairs if each.truth is not Label.BENIGN
        ),
        harmless=sum(answer.finding is Finding.HARMLESS for answer in benign),
        benign=len(benign),
        insufficient=_mean(answer.missing_cells > 0 for _, answer in pairs),
    )


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
