"""Plan of fields: which images of one part each is made from."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from blastlens.domain.labels import Label
from blastlens.imaging.decode import decode
from blastlens.training.audit.field_kinds import FieldKind
from blastlens.training.audit.field_shapes import Image
from blastlens.training.data.dataset import Example


@dataclass(frozen=True)
class PlannedField:
    """A field that is drawn when it is needed.

    Attributes:
        kind: what it shows.
        label: class of its images.
        sources: its images, of one class; of different groups while there are enough.
        number: position among the fields of its kind and class.
    """

    kind: FieldKind
    label: Label
    sources: tuple[Example, ...]
    number: int

    def draw(self, seed: int = 0) -> Image:
        """Read the images and return the field (H, W, 3) uint8 RGB; equal seeds draw equal fields."""
        generator = np.random.default_rng([seed, *_key(self.kind.name), *_key(self.label), self.number])
        return self.kind.draw([decode(source.path.read_bytes()) for source in self.sources], generator)


def plan_fields(kind: FieldKind, examples: Sequence[Example], per_class: int, seed: int = 0) -> Iterator[PlannedField]:
    """Plan fields of one kind, class by class; no image is read.

    Args:
        kind: of all of them.
        examples: of one part of a split, so that no field mixes parts.
        per_class: largest number of fields of each class; a kind with one image a field has no more than images.
        seed: of the draws.
    """
    for label in Label:
        members = [example for example in examples if example.label == label]
        if not members:
            continue
        order = _spread_groups(members, np.random.default_rng([seed, *_key(kind.name), *_key(label)]))
        count = min(per_class, len(order)) if kind.images == 1 else per_class
        for number in range(count):
            yield PlannedField(kind, label, _take(order, number * kind.images, kind.images), number)


def _key(name: str) -> tuple[int]:
    return (zlib.crc32(name.encode()),)


def _spread_groups(members: Sequence[Example], generator: np.random.Generator) -> list[Example]:
    """Return the examples in random order: one of each group first, then the second ones, and so on."""
    seen: dict[str, int] = {}
    ranked = []
    for index in generator.permutation(len(members)):
        rank = seen[members[index].group] = seen.get(members[index].group, -1) + 1
        ranked.append((rank, members[index]))
    return [example for _, example in sorted(ranked, key=lambda pair: pair[0])]


def _take(order: Sequence[Example], start: int, count: int) -> tuple[Example, ...]:
    """Return `count` examples from `start` on, in a circle: other groups first, repeated where there are too few."""
    circle = [order[(start + step) % len(order)] for step in range(len(order))]
    groups: set[str] = set()
    first: list[Example] = []
    rest: list[Example] = []
    for example in circle:
        (rest if example.group in groups else first).append(example)
        groups.add(example.group)
    taken = (first + rest)[:count]
    return tuple(taken[index % len(taken)] for index in range(count))
