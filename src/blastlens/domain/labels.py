"""The four classes a smear can be given, and what each is called where."""

from dataclasses import dataclass
from enum import StrEnum


class Label(StrEnum):
    """A class of the Taleqani data set, by the id that records and probabilities use."""

    BENIGN = "benign"
    EARLY_PRE_B = "early_pre_b"
    PRE_B = "pre_b"
    PRO_B = "pro_b"


@dataclass(frozen=True)
class LabelWords:
    """How one label is spoken of.

    Attributes:
        title: the name a clinician reads.
        plain: the finding in a patient's words, to follow "the image shows".
        folder: the data-set folder whose images carry the label.
        malignant: whether the class is a leukemia.
    """

    title: str
    plain: str
    folder: str
    malignant: bool


WORDS: dict[Label, LabelWords] = {
    Label.BENIGN: LabelWords(
        title="Benign (hematogones)",
        plain="young blood cells that look harmless",
        folder="Benign",
        malignant=False,
    ),
    Label.EARLY_PRE_B: LabelWords(
        title="Early Pre-B ALL",
        plain="cells that can be a sign of a kind of blood cancer (acute lymphoblastic leukemia)",
        folder="Early",
        malignant=True,
    ),
    Label.PRE_B: LabelWords(
        title="Pre-B ALL",
        plain="cells that can be a sign of a kind of blood cancer (acute lymphoblastic leukemia)",
        folder="Pre",
        malignant=True,
    ),
    Label.PRO_B: LabelWords(
        title="Pro-B ALL",
        plain="cells that can be a sign of a kind of blood cancer (acute lymphoblastic leukemia)",
        folder="Pro",
        malignant=True,
    ),
}

LABELS: tuple[Label, ...] = tuple(Label)
"""Every label, in the order of the model's outputs."""


def label_of_folder(folder: str) -> Label:
    """Return the label whose data-set folder is `folder`.

    Raises:
        KeyError: no label has such a folder.
    """
    for label, words in WORDS.items():
        if words.folder == folder:
            return label
    raise KeyError(folder)
