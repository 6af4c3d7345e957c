"""Fields made of labelled images, and what the models find in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.field import Caution
from blastlens.domain.labels import Label
from blastlens.domain.prediction import Rejection
from blastlens.inference.aggregation import Evidence
from blastlens.inference.field import FieldReader, Findings
from blastlens.training.data.arrays import class_indices, read_image
from blastlens.training.data.dataset import Example
from blastlens.training.progress import ProgressReporter

AS_TAKEN = "as taken"
"""The kind of a field that is an image of the data set, unchanged."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class FieldKind:
    """A way of making fields.

    Attributes:
        name: of the kind.
        side: images across and down.
        share: part of the sides that is kept, at a random place; at most 1.
        zoom: pixels of the field in a pixel of the images.
        fields: for each hundred images.
    """

    name: str
    side: int = 1
    share: tuple[float, float] = (1.0, 1.0)
    zoom: float = 1.0
    fields: int = 100


KINDS = (
    FieldKind(AS_TAKEN),
    FieldKind("mosaic 2 x 2", side=2, fields=40),
    FieldKind("mosaic 3 x 3, cut", side=3, share=(0.9, 0.9), fields=15),
    FieldKind("mosaic 4 x 4", side=4, fields=5),
    FieldKind("crop of 0.7", share=(0.7, 0.7), fields=40),
    FieldKind("cut to 4:3", share=(0.75, 1.0), fields=30),
    FieldKind("upsampled 3 times", zoom=3.0, fields=30),
    FieldKind("shrunk to 75 %", zoom=0.75, fields=30),
)
"""Kinds of calibration fields. Cameras show others as well: these span size, extent and resolution."""


@dataclass(frozen=True)
class FieldSample:
    """Evidence of one field beside its class.

    Attributes:
        kind: name of the `FieldKind`.
        truth: position of the label among the package's classes.
        evidence: what the models found.
        scale_error: relative error of the estimated pixel size.
    """

    kind: str
    truth: int
    evidence: Evidence
    scale_error: float


def draw_fields(
    examples: Sequence[Example], labels: tuple[Label, ...], kinds: Sequence[FieldKind] = KINDS, seed: int = 0
) -> Iterator[tuple[str, int, Image]]:
    """Yield kind, class and pixels of fields made of images; a field holds images of one label.

    Args:
        examples: the images.
        labels: the package's classes.
        kinds: how fields are made.
        seed: of all random choices.
    """
    classes = class_indices(examples, labels)
    own = [example.label for example in examples]
    for number, kind in enumerate(kinds):
        generator = np.random.default_rng([seed, number])
        wanted = len(examples) if kind.name == AS_TAKEN else round(len(examples) * kind.fields / 100)
        for index in generator.permutation(len(examples))[:wanted]:
            of_label = [place for place, label in enumerate(own) if label == own[index]]
            others = generator.choice(of_label, kind.side**2 - 1)
            images = [read_image(examples[place].path) for place in (index, *others)]
            yield kind.name, int(classes[index]), _make(images, kind, generator)


def collect_samples(
    reader: FieldReader, examples: Sequence[Example], labels: tuple[Label, ...], reporter: ProgressReporter
) -> tuple[list[FieldSample], dict[str, int]]:
    """Return the samples of fields made of images, and how many of each kind were rejected."""
    samples: list[FieldSample] = []
    rejected: dict[str, int] = {}
    fields = draw_fields(examples, labels)
    wanted = sum(len(examples) if kind.name == AS_TAKEN else round(len(examples) * kind.fields / 100) for kind in KINDS)
    for _ in reporter.track(range(wanted)):
        kind, truth, image = next(fields)
        found = reader.find(image)
        if isinstance(found, Rejection):
            rejected[kind] = rejected.get(kind, 0) + 1
        else:
            samples.append(_to_sample(kind, truth, found))
    return samples, rejected


def save_samples(file: Path, samples: Sequence[FieldSample]) -> None:
    """Write samples as an archive of arrays, to fit constants again without running the models."""
    evidence = [sample.evidence for sample in samples]
    cells = [np.empty((0, 6)) if each.cells is None else each.cells for each in evidence]
    np.savez_compressed(
        file,
        kind=np.array([sample.kind for sample in samples]),
        truth=np.array([sample.truth for sample in samples]),
        scale_error=np.array([sample.scale_error for sample in samples]),
        cautions=np.array([" ".join(each.cautions) for each in evidence]),
        is_open=np.array([each.is_open for each in evidence]),
        cells=np.concatenate(cells),
        cell_counts=np.array([len(each) for each in cells]),
        windows=np.concatenate([each.windows for each in evidence]),
        distances=np.concatenate([each.distances for each in evidence]),
        window_counts=np.array([len(each.windows) for each in evidence]),
    )


def load_samples(file: Path) -> list[FieldSample]:
    """Read what `save_samples` wrote."""
    with np.load(file) as stored:
        cells = np.split(stored["cells"], np.cumsum(stored["cell_counts"])[:-1])
        ends = np.cumsum(stored["window_counts"])[:-1]
        windows, distances = (np.split(stored[name], ends) for name in ("windows", "distances"))
        return [
            FieldSample(
                str(stored["kind"][index]),
                int(stored["truth"][index]),
                Evidence(
                    windows[index],
                    distances[index],
                    cells[index],
                    tuple(map(Caution, str(stored["cautions"][index]).split())),
                    bool(stored["is_open"][index]),
                ),
                float(stored["scale_error"][index]),
            )
            for index in range(len(stored["kind"]))
        ]


def _to_sample(kind: str, truth: int, found: Findings) -> FieldSample:
    return FieldSample(kind, truth, found.evidence, found.summary.pixel_size.relative_error)


def _make(images: Sequence[Image], kind: FieldKind, generator: np.random.Generator) -> Image:
    """Return the field of some images of one size."""
    rows = [np.hstack(images[row * kind.side : (row + 1) * kind.side]) for row in range(kind.side)]
    field: Image = np.vstack(rows)
    height, width = (round(share * side) for share, side in zip(kind.share, field.shape[:2], strict=True))
    top, left = (
        int(generator.integers(0, whole - part + 1))
        for whole, part in zip(field.shape[:2], (height, width), strict=True)
    )
    field = field[top : top + height, left : left + width]
    if kind.zoom == 1.0:
        return np.ascontiguousarray(field)
    method = cv2.INTER_AREA if kind.zoom < 1 else cv2.INTER_CUBIC
    return cv2.resize(field, None, fx=kind.zoom, fy=kind.zoom, interpolation=method).astype(np.uint8, copy=False)
