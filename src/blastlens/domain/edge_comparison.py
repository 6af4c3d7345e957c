"""Comparison of a screening at the microscope with the answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.finding import Finding, to_finding
from blastlens.domain.prediction import Answer, Prediction


@dataclass(frozen=True)
class EdgeTotals:
    """What the verdicts on the fields of an examination come to, beside the answers to the same fields.

    Attributes:
        compared: fields that `disagree` compares.
        disagreeing: those of which one leaves leukemia open and the other does not.
        disagrees: whether all verdicts together leave leukemia open and all answers together do not, or the other
            way round.
    """

    compared: int = 0
    disagreeing: int = 0
    disagrees: bool = False


NOTHING_COMPARED = EdgeTotals()
"""Totals of an examination without a verdict."""


def disagree(edge: EdgeVerdict | None, answer: Answer) -> bool | None:
    """Return whether one of a verdict and an answer leaves leukemia open and the other does not.

    Kinds of leukemia are not compared: screening does not determine them. Where the image was rejected, a verdict that
    shows leukemia alone disagrees: the suspicion must not vanish with the image. Returns None where there is nothing to
    compare: without a verdict, and for any other verdict on a rejected image.
    """
    if edge is None:
        return None
    if not isinstance(answer, Prediction):
        return True if edge.finding is Finding.LEUKEMIA else None
    return _leaves_open(edge.finding) != _leaves_open(to_finding(answer.prediction_set))


def compare_fields(fields: Sequence[tuple[EdgeVerdict | None, Answer]], open_share: float) -> EdgeTotals:
    """Return the totals of the verdicts on fields, and of the answers to the same fields.

    Leukemia is open by the rule of `examination_answer`: a field shows it alone, or more than a share of the fields
    cannot exclude it. So one uncertain field of many does not mark an examination, and one leukemia does.

    Args:
        fields: verdict and answer of each field that counts.
        open_share: that share, of the package of the answers (`ExaminationConstants.open_share`).
    """
    pairs = [(edge, one) for edge, one in fields if edge is not None and disagree(edge, one) is not None]
    verdicts = _is_open([edge.finding for edge, _ in pairs], open_share)
    read = [one for _, one in pairs if isinstance(one, Prediction)]
    answers = _is_open([to_finding(one.prediction_set) for one in read], open_share)
    return EdgeTotals(len(pairs), sum(bool(disagree(edge, one)) for edge, one in pairs), verdicts != answers)


def _is_open(findings: Sequence[Finding], open_share: float) -> bool:
    number = sum(map(_leaves_open, findings))
    return Finding.LEUKEMIA in findings or number > open_share * len(findings)


def _leaves_open(finding: Finding) -> bool:
    return finding is not Finding.HARMLESS
