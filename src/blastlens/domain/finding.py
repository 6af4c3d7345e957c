"""What a patient is told a smear shows, as far as plain words tell it apart."""

from collections.abc import Iterable
from enum import StrEnum

from blastlens.domain.labels import WORDS, Label


class Finding(StrEnum):
    """Kinds of one disease have the same plain words: which of them it is makes no difference to a patient here."""

    HARMLESS = "harmless"
    LEUKEMIA = "leukemia"
    UNCERTAIN = "uncertain"


def finding_of(labels: Iterable[Label]) -> Finding:
    """Return what one or more labels that cannot be told apart mean to a patient."""
    malignant = {WORDS[label].malignant for label in labels}
    if len(malignant) > 1:
        return Finding.UNCERTAIN
    return Finding.LEUKEMIA if malignant == {True} else Finding.HARMLESS
