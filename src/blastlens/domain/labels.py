"""Labels of a smear, and their names in each place."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """A class, by the id that records and probabilities use.

    Four labels are those of the Taleqani data set. `MALIGNANT` is any of its three leukemias: screening does not
    determine the kind.
    """

    BENIGN = "benign"
    EARLY_PRE_B = "early_pre_b"
    PRE_B = "pre_b"
    PRO_B = "pro_b"
    MALIGNANT = "malignant"


@dataclass(frozen=True)
class LabelWords:
    """Names of one label on screens for experts.

    Texts for clinics and patients are in `text_catalogue`.

    Attributes:
        title: name that a clinician reads.
        short: one-word name, for tables.
        folder: data-set folder of the images with the label; empty where there is none.
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
"""Labels of the data set, in the order of a model's outputs."""

SCREENING_LABELS: tuple[Label, ...] = (Label.BENIGN, Label.MALIGNANT)
"""Labels of a screening model, in the order of its outputs."""

LABEL_SETS: tuple[tuple[Label, ...], ...] = (LABELS, SCREENING_LABELS)
"""Every set of labels that a model may have, each in its order."""


def find_label_set(labels: Collection[Label]) -> tuple[Label, ...]:
    """Return the known set of exactly these labels, in its own order.

    Raises:
        ValueError: they are not a known set.
    """
    for known in LABEL_SETS:
        if len(labels) == len(known) and set(labels) == set(known):
            return known
    raise ValueError(f"{[str(label) for label in labels]} are not a known set of labels")


def screening_label(label: Label) -> Label:
    """Return the screening label of a label.

    Every leukemia becomes malignant, benign stays.
    """
    return Label.MALIGNANT if WORDS[label].malignant else label


def find_label(folder: str) -> Label:
    """Return the label of a data-set folder.

    Raises:
        KeyError: no label has such a folder.
    """
    for label in LABELS:
        if WORDS[label].folder == folder:
            return label
    raise KeyError(folder)
