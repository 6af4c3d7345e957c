"""Findings in the plain words of patient messages, and their urgency."""

from collections.abc import Iterable
from enum import StrEnum

from blastlens.domain.labels import WORDS, Label


class Finding(StrEnum):
    """What a smear shows.

    The kinds of one disease share one finding: patients read the same plain words for them.
    """

    HARMLESS = "harmless"
    LEUKEMIA = "leukemia"
    UNCERTAIN = "uncertain"
    INSUFFICIENT = "insufficient"
    """Too few white cells, or nothing that could be read."""
    OTHER_DISEASE = "other_disease"
    """Signed only: another disease of white cells."""
    NOT_ASSESSABLE = "not_assessable"
    """Signed only: the smear does not allow a finding."""


class Urgency(StrEnum):
    """How soon a person has to read the smear."""

    HIGH = "high"
    ROUTINE = "routine"
    UNKNOWN = "unknown"
    """Nothing was read in the image."""


def to_finding(labels: Iterable[Label]) -> Finding:
    """Return the finding for a prediction set of one or more labels."""
    malignant = {WORDS[label].malignant for label in labels}
    if len(malignant) > 1:
        return Finding.UNCERTAIN
    return Finding.LEUKEMIA if malignant == {True} else Finding.HARMLESS


def to_urgency(finding: Finding | None) -> Urgency:
    """Return the urgency of a finding; None stands for a rejected image.

    A leukemia that is only possible is as urgent as one that is likely.
    """
    if finding is None:
        return Urgency.UNKNOWN
    return Urgency.ROUTINE if finding is Finding.HARMLESS else Urgency.HIGH
