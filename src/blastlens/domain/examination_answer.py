"""Answer of an examination: one answer from all fields of a smear, in plain Python.

The functions layer has neither NumPy nor a model package, so each field record carries the package's constants.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction

_CLIP = 1e-6
_Z = 1.959963984540054  # 95 % of a normal distribution, two-sided


@dataclass(frozen=True)
class ExaminationConstants:
    """Constants of a package for examinations, fitted on examinations drawn from its calibration groups.

    Attributes:
        least_white_cells: with fewer white cells in all fields, an examination is insufficient.
        clip: least probability of a label in one field: no single field decides.
        weight: weight of the sum of the fields' log-probabilities; 1 takes the fields for independent, 1/n for copies.
        set_threshold: labels with at least this probability are in the prediction set.
        coverage: nominal share of examinations whose set contains the true label, 0 to 1.

    Raises:
        ValueError: a number is out of range.
    """

    least_white_cells: int
    clip: float
    weight: float
    set_threshold: float
    coverage: float

    def __post_init__(self) -> None:
        shares = (self.clip, self.set_threshold, self.coverage)
        if self.least_white_cells < 0 or not (0 < self.weight <= 1) or not all(0 < one < 1 for one in shares):
            raise ValueError(f"constants of examinations out of range: {self}")


@dataclass(frozen=True)
class ExaminationAnswer:
    """What all fields of a smear show together. It is no diagnosis.

    Attributes:
        label: the most probable label.
        probabilities: label -> calibrated probability.
        prediction_set: labels that cannot be excluded, most probable first.
        white_cells: white cells in all fields.
        blasts: those that look like leukemic lymphoblasts.
        blast_interval: 95 % interval of the share of blasts, 0 to 1.
        contradicts: whether some fields show benign alone and others leukemia alone.
        missing_cells: how many more white cells an answer needs; 0 where there are enough.
    """

    label: Label
    probabilities: Mapping[Label, float]
    prediction_set: tuple[Label, ...]
    white_cells: int
    blasts: int
    blast_interval: tuple[float, float]
    contradicts: bool
    missing_cells: int

    @property
    def finding(self) -> Finding:
        """Finding of the prediction set; insufficient with too few white cells."""
        return Finding.INSUFFICIENT if self.missing_cells else to_finding(self.prediction_set)


def answer_examination(fields: Sequence[Prediction], constants: ExaminationConstants) -> ExaminationAnswer | None:
    """Return the answer to an examination from its fields; None where none could be read.

    The fields' mean log-probabilities are sharpened by the number of fields as far as `weight` trusts them to be
    independent. Where fields contradict one another, the set holds the labels of both.
    """
    if not fields:
        return None
    probabilities = _combine(fields, constants)
    order = sorted(probabilities, key=lambda label: -probabilities[label])
    chosen = {order[0], *(label for label in order if probabilities[label] >= constants.set_threshold)}
    findings = {to_finding(one.prediction_set) for one in fields}
    contradicts = {Finding.HARMLESS, Finding.LEUKEMIA} <= findings
    if contradicts:
        chosen |= {one.label for one in fields if len(one.prediction_set) == 1}
    cells, blasts = count_cells(fields)
    return ExaminationAnswer(
        label=order[0],
        probabilities=probabilities,
        prediction_set=tuple(label for label in order if label in chosen),
        white_cells=cells,
        blasts=blasts,
        blast_interval=wilson_interval(blasts, cells),
        contradicts=contradicts,
        missing_cells=max(0, constants.least_white_cells - cells),
    )


def count_cells(fields: Sequence[Prediction]) -> tuple[int, int]:
    """Return the number of white cells in all fields, and of those that look like blasts."""
    summaries = [one.field for one in fields if one.field is not None]
    return sum(one.white_cells for one in summaries), sum(one.blasts for one in summaries)


def wilson_interval(count: int, number: int) -> tuple[float, float]:
    """Return the 95 % interval of a share, 0 to 1 (Wilson, 1927); everything where there is nothing to count."""
    if number == 0:
        return 0.0, 1.0
    share, square = count / number, _Z * _Z / number
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / number + square / (4 * number))
    return max(0.0, middle - half), min(1.0, middle + half)


def _combine(fields: Sequence[Prediction], constants: ExaminationConstants) -> dict[Label, float]:
    labels = fields[0].labels
    weight = max(constants.weight, 1 / len(fields))
    logits = {
        label: weight * sum(math.log(max(one.probabilities[label], constants.clip, _CLIP)) for one in fields)
        for label in labels
    }
    most = max(logits.values())
    powers = {label: math.exp(value - most) for label, value in logits.items()}
    total = sum(powers.values())
    return {label: value / total for label, value in powers.items()}
