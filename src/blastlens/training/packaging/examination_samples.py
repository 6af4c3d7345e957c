"""Drawn examinations: fields of one label, of any or of like staining.

No patient is known, so no examination is a real one. Images of one label that are stained alike come nearest to one.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from blastlens.domain.labels import Label
from blastlens.domain.prediction import Prediction
from blastlens.imaging.decode import decode
from blastlens.inference.classifier import Classifier
from blastlens.training.data.dataset import Example
from blastlens.training.data.stain_clusters import measure_stain
from blastlens.training.progress import Track

SIZES = (1, 2, 3, 5, 10, 20, 50)
"""Fields of an examination; fewer where a label has fewer images."""

DRAWS = 50
"""Examinations of each label, size and way of drawing."""


class Drawing(StrEnum):
    """How the fields of an examination are drawn.

    ANY takes whole groups of overlapping images in random order. ALIKE takes a random image and those whose staining is
    nearest to it.
    """

    ANY = "any staining"
    ALIKE = "like staining"


@dataclass(frozen=True, eq=False)
class LabelledField:
    """The answer to an image of the data set.

    Attributes:
        prediction: the answer.
        label: its class in the data set.
        truth: its class among those of the package.
        group: of images that overlap.
        stain: (6,) its staining.
    """

    prediction: Prediction
    label: Label
    truth: Label
    group: str
    stain: NDArray[np.float64]


@dataclass(frozen=True)
class DrawnExamination:
    """An examination of which the truth is known.

    Attributes:
        drawing: how its fields were drawn.
        size: fields that were wanted.
        label: its class in the data set.
        truth: its class among those of the package.
        fields: answers to its fields; fewer than `size` where the label has fewer images.
    """

    drawing: Drawing
    size: int
    label: Label
    truth: Label
    fields: tuple[Prediction, ...]


def read_fields(
    classifier: Classifier, examples: Sequence[Example], track: Track = lambda items: items
) -> list[LabelledField]:
    """Return the fields that can be read; rejected images are left out, as in an examination."""
    fields = []
    for example in track(examples):
        data = example.path.read_bytes()
        answer = classifier.read_bytes(data).answer
        if isinstance(answer, Prediction):
            truth = example.label_in(answer.labels)
            stain = measure_stain(decode(data))
            fields.append(LabelledField(answer, example.label, truth, example.group, stain))
    return fields


def draw_examinations(
    fields: Sequence[LabelledField], sizes: Sequence[int] = SIZES, draws: int = DRAWS, seed: int = 0
) -> list[DrawnExamination]:
    """Draw examinations; the same seed draws the same.

    Args:
        fields: of one part of the split.
        sizes: fields of an examination.
        draws: of each label, size and way of drawing.
        seed: of all random choices.
    """
    drawn = []
    for label in dict.fromkeys(field.label for field in fields):
        own = [field for field in fields if field.label == label]
        for way, drawing in enumerate(Drawing):
            generator = np.random.default_rng([seed, list(Label).index(label), way])
            orders = _order_groups(own, generator) if drawing is Drawing.ANY else _order_by_stain(own, generator)
            for size in sizes:
                for _ in range(draws):
                    chosen = tuple(own[index].prediction for index in next(orders)[:size])
                    drawn.append(DrawnExamination(drawing, size, label, own[0].truth, chosen))
    return drawn


def draw_mixtures(
    fields: Sequence[LabelledField], sizes: Sequence[int] = SIZES[1:], draws: int = DRAWS, seed: int = 0
) -> list[DrawnExamination]:
    """Draw benign examinations one field of which shows a leukemia; that leukemia is the truth.

    They are no real smears. They show whether a single field is averaged away.
    """
    benign = [field for field in fields if field.label is Label.BENIGN]
    leukemias = [field for field in fields if field.label is not Label.BENIGN]
    if not benign or not leukemias:
        return []
    generator = np.random.default_rng([seed, len(Label)])
    drawn = []
    for size in sizes:
        for _ in range(draws):
            others = generator.permutation(len(benign))[: size - 1]
            one = leukemias[int(generator.integers(len(leukemias)))]
            chosen = (*(benign[index].prediction for index in others), one.prediction)
            drawn.append(DrawnExamination(Drawing.ANY, size, one.label, one.truth, chosen))
    return drawn


def _order_groups(fields: Sequence[LabelledField], generator: np.random.Generator) -> Iterator[list[int]]:
    """Yield orders of fields in which those of a group follow one another."""
    groups = defaultdict[str, list[int]](list)
    for index, field in enumerate(fields):
        groups[field.group].append(index)
    members = list(groups.values())
    while True:
        yield [index for place in generator.permutation(len(members)) for index in members[place]]


def _order_by_stain(fields: Sequence[LabelledField], generator: np.random.Generator) -> Iterator[list[int]]:
    """Yield orders of fields by the distance of their staining from that of a random one."""
    stains = np.stack([field.stain for field in fields])
    standard = (stains - stains.mean(axis=0)) / np.maximum(stains.std(axis=0), 1e-9)
    while True:
        distances = np.linalg.norm(standard - standard[generator.integers(len(fields))], axis=1)
        yield np.argsort(distances, kind="stable").tolist()
