"""Findings in the plain words of patient messages."""

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


def to_finding(labels: Iterable[Label]) -> Finding:
    """Return the finding for a prediction set of one or more labels."""
    malignant = {WORDS[label].malignant for label in labels}
    if len(malignant) > 1:
        return Finding.UNCERTAIN
    return Finding.LEUKEMIA if malignant == {True} else Finding.HARMLESS
