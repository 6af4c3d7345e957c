"""The classes a smear can be given, and what each is called where."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """A class, by the id that records and probabilities use.

    Four are those of the Taleqani data set. `MALIGNANT` is any of its three leukemias: screening names no kind.
    """

    BENIGN = "benign"
    EARLY_PRE_B = "early_pre_b"
    PRE_B = "pre_b"
    PRO_B = "pro_b"
    MALIGNANT = "malignant"


@dataclass(frozen=True)
class LabelWords:
    """How one label is spoken of on screens for experts; what clinics and patients are told is in `catalogue`.

    Attributes:
        title: the name a clinician reads.
        short: the same in a word, for tables.
        folder: the data-set folder whose images carry the label; empty where none does.
        malignant: whether the class is a leukemia.
    """

    title: str
    short: str
    folder: str
    malignant: bool


WORDS: dict[Label, LabelWords] = {
    Label.BENIGN: LabelWords(
        title="Benign (hematogones)",
        short="Benign",
        folder="Benign",
        malignant=False,
    ),
    Label.EARLY_PRE_B: LabelWords(
        title="Early Pre-B ALL",
        short="Early",
        folder="Early",
        malignant=True,
    ),
    Label.PRE_B: LabelWords(
        title="Pre-B ALL",
        short="Pre",
        folder="Pre",
        malignant=True,
    ),
    Label.PRO_B: LabelWords(
        title="Pro-B ALL",
        short="Pro",
        folder="Pro",
        malignant=True,
    ),
    Label.MALIGNANT: LabelWords(
        title="Malignant (acute lymphoblastic leukemia)",
        short="Malignant",
        folder="",
        malignant=True,
    ),
}

LABELS: tuple[Label, ...] = (Label.BENIGN, Label.EARLY_PRE_B, Label.PRE_B, Label.PRO_B)
"""What the data set's images are labelled with, in the order of a model's outputs."""

SCREENING_LABELS: tuple[Label, ...] = (Label.BENIGN, Label.MALIGNANT)
"""What a screening model tells apart, in the order of its outputs."""

LABEL_SETS: tuple[tuple[Label, ...], ...] = (LABELS, SCREENING_LABELS)
"""The sets of labels that a model may answer with, each in its order."""


def label_set_of(labels: Collection[Label]) -> tuple[Label, ...]:
    """Return the known set that these labels are, in its own order.

    Raises:
        ValueError: they are no known set.
    """
    for known in LABEL_SETS:
        if len(labels) == len(known) and set(labels) == set(known):
            return known
    raise ValueError(f"{[str(label) for label in labels]} are no known set of labels")


def screening_label(label: Label) -> Label:
    """Return what screening calls a label: every leukemia is malignant, benign stays."""
    return Label.MALIGNANT if WORDS[label].malignant else label


def label_of_folder(folder: str) -> Label:
    """Return the label whose data-set folder is `folder`.

    Raises:
        KeyError: no label has such a folder.
    """
    for label in LABELS:
        if WORDS[label].folder == folder:
            return label
    raise KeyError(folder)
