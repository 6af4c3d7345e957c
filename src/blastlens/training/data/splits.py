"""Splits of a dataset into training, calibration and validation parts."""

import hashlib
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from blastlens.domain.errors import InvalidData, InvalidSettings
from blastlens.domain.labels import Label
from blastlens.training.data.dataset import Example
from blastlens.training.data.stain_clusters import cluster_by_stain
from blastlens.training.progress import Track

SplitKind = Literal["random", "group", "staining"]
PartName = Literal["training", "calibration", "validation"]
Examples = list[Example]


@dataclass(frozen=True)
class Split:
    """Three parts of a dataset, each sorted by path."""

    training: tuple[Example, ...]
    calibration: tuple[Example, ...]
    validation: tuple[Example, ...]


@dataclass(frozen=True)
class SplitPlan:
    """The rule by which a dataset is split; equal plans split equal datasets alike.

    Attributes:
        how: "random" assigns image by image, as the papers do, so that overlapping fields lie in several parts;
            "group" assigns whole overlap groups, class by class;
            "staining" holds whole clusters of staining out for validation; the clusters are cut out of a continuum, so
            that similar stains stay in training.
        seed: of every draw.
        shares: of training, calibration and validation, each 0 to 1, summing to 1.
        fold: the fold to validate on, from 0; the next one calibrates. None, like `folds`, splits by `shares`.
        folds: number of folds for "random" or "group", at least 3.

    Raises:
        InvalidSettings: a value is out of range, or the values contradict each other.
    """

    how: SplitKind
    seed: int
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    fold: int | None = None
    folds: int | None = None

    def __post_init__(self) -> None:
        if self.how not in get_args(SplitKind):
            raise InvalidSettings(f"a split is one of {', '.join(get_args(SplitKind))}, not {self.how!r}.")
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-6:
            raise InvalidSettings(f"shares are three numbers from 0 that sum to 1, not {self.shares}.")
        if (self.fold is None) != (self.folds is None):
            raise InvalidSettings(f"a fold needs its number and the number of folds, not {self.fold} of {self.folds}.")
        if self.fold is not None and self.folds is not None:
            if self.how == "staining":
                raise InvalidSettings("a split by staining has no folds. Choose another seed instead.")
            if self.folds < 3 or not 0 <= self.fold < self.folds:
                raise InvalidSettings(f"fold {self.fold} of {self.folds}: at least 3 folds, counted from 0.")

    def split(self, examples: Sequence[Example], track: Track = lambda items: items) -> Split:
        """Split a dataset.

        Args:
            examples: all of them, as `find_examples` lists them.
            track: shows progress where pixels are read ("staining").

        Raises:
            InvalidData: a part stays empty, or, unless the split is random, copies of one image lie in two parts.
        """
        split = _sort_parts(self._assign(examples, track))
        self._check_not_empty(split)
        pairs = [] if self.how == "random" else copies_across(split)
        if pairs:
            first, second = pairs[0]
            raise InvalidData(
                f"{first.path} and {second.path} are copies of one image in two parts of the split. "
                "Give both the same group, or remove one."
            )
        return split

    def plain(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it."""
        return {**asdict(self), "shares": list(self.shares)}

    @classmethod
    def of_plain(cls, values: Mapping[str, Any]) -> "SplitPlan":
        """Return the plan that `plain` returned as values.

        Raises:
            InvalidSettings: a value is missing, unknown or out of range.
        """
        try:
            training, calibration, validation = map(float, values["shares"])
            return cls(**{**values, "shares": (training, calibration, validation)})
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidSettings(f"{values!r} is not the plan of a split: {error!r}.") from error

    def __str__(self) -> str:
        fold = f", fold {self.fold + 1} of {self.folds}" if self.fold is not None else ""
        return f"{self.how}, seed {self.seed}{fold}"

    def _assign(self, examples: Sequence[Example], track: Track) -> "_Parts":
        if self.how == "staining":
            return _assign_stain_clusters(examples, self.seed, self.shares, track)
        if self.fold is not None and self.folds is not None:
            make_folds = _random_folds if self.how == "random" else _group_folds
            return _take_fold(make_folds(examples, self.seed, self.folds), self.fold)
        if self.how == "random":
            return _assign_images(examples, self.seed, self.shares)
        return _assign_groups_by_class(examples, self.seed, self.shares[1], self.shares[2])

    def _check_not_empty(self, split: Split) -> None:
        wanted = self.shares if self.folds is None else (1.0, 1.0, 1.0)
        for (name, part), share in zip(vars(split).items(), wanted, strict=True):
            if share > 0 and not part:
                raise InvalidData(
                    f"nothing is left for {name}: there are too few images or groups for the split ({self}). "
                    "Add images of other groups, or choose larger shares for that part."
                )


def split_by_group(examples: Sequence[Example], seed: int, calibration: float = 0.1, validation: float = 0.1) -> Split:
    """Assign whole groups to three parts, class by class, at random by `seed`.

    Args:
        examples: all examples.
        seed: equal seeds give equal splits.
        calibration: share of each class to calibrate on, 0 to 1.
        validation: share of each class to validate on, 0 to 1.
    """
    return _sort_parts(_assign_groups_by_class(examples, seed, calibration, validation))


def copies_across(split: Split) -> list[tuple[Example, Example]]:
    """Return all pairs of exact copies in two parts, the earlier part's copy first."""
    pairs: list[tuple[Example, Example]] = []
    earlier: dict[str, list[Example]] = defaultdict(list)
    for part in (split.training, split.calibration, split.validation):
        pairs.extend((twin, example) for example in part for twin in earlier[example.sha256])
        for example in part:
            earlier[example.sha256].append(example)
    return pairs


def count_overlap_with_training(split: Split, examples: Sequence[Example]) -> int:
    """Return how many examples have a copy or an overlapping field in training."""
    groups = {example.group for example in split.training}
    copies = {example.sha256 for example in split.training}
    return sum(example.group in groups or example.sha256 in copies for example in examples)


def data_sha256(examples: Sequence[Example]) -> str:
    """Return one SHA-256 of all files, in hexadecimal, whatever their names.

    It is of the files' sorted hashes, a line each.
    """
    lines = "\n".join(sorted(example.sha256 for example in examples))
    return hashlib.sha256(lines.encode()).hexdigest()


class _Parts(NamedTuple):
    """The parts of a split while examples are assigned."""

    training: Examples
    calibration: Examples
    validation: Examples


def _sort_parts(parts: _Parts) -> Split:
    return Split(*(tuple(sorted(part, key=lambda example: example.path)) for part in parts))


def _assign_images(examples: Sequence[Example], seed: int, shares: tuple[float, float, float]) -> _Parts:
    """Assign image by image; training and validation are rounded down.

    7:2:1 of 3,256 is 2,279/652/325, as in the papers.
    """
    order = np.random.default_rng(seed).permutation(len(examples))
    drawn = [examples[index] for index in order]
    training, validation = (math.floor(share * len(drawn) + 1e-9) for share in (shares[0], shares[2]))
    last = len(drawn) - validation
    return _Parts(drawn[:training], drawn[training:last], drawn[last:])


def _assign_groups_by_class(examples: Sequence[Example], seed: int, calibration: float, validation: float) -> _Parts:
    """Assign whole groups, class by class; shares of a class from 0 to 1."""
    parts = _Parts([], [], [])
    generator = np.random.default_rng(seed)
    for members in _list_by_class(examples):
        wanted = {"validation": validation * len(members), "calibration": calibration * len(members)}
        _assign_groups(_list_by_group(members), wanted, generator, parts)
    return parts


def _assign_stain_clusters(
    examples: Sequence[Example], seed: int, shares: tuple[float, float, float], track: Track
) -> _Parts:
    """Assign clusters of staining to validation, groups of the rest to calibration."""
    parts = _Parts([], [], [])
    generator = np.random.default_rng(seed)
    # As many clusters as parts of the wanted size, but not so many that each is a group of its own.
    for clusters in cluster_by_stain(examples, seed, round(1 / max(shares[2], 0.02)), track):
        total = sum(map(len, clusters))
        held_out = _draw_validation_clusters(clusters, shares[2] * total, generator)
        rest = [example for index, cluster in enumerate(clusters) if index not in held_out for example in cluster]
        parts.validation.extend(example for index in sorted(held_out) for example in clusters[index])
        _assign_groups(_list_by_group(rest), {"calibration": shares[1] * total}, generator, parts)
    return parts


def _draw_validation_clusters(clusters: Sequence[Examples], wanted: float, generator: np.random.Generator) -> set[int]:
    """Return which clusters are for validation.

    Each, in random order, that brings the sum of images nearer to the wanted number. At least one is drawn, also where
    each holds more than twice `wanted` images.
    """
    drawn: set[int] = set()
    for index in map(int, generator.permutation(len(clusters))):
        if len(clusters[index]) < 2 * wanted:
            drawn.add(index)
            wanted -= len(clusters[index])
    return drawn or {min(range(len(clusters)), key=lambda index: len(clusters[index]))}


def _assign_groups(
    groups: Sequence[Examples], wanted: dict[str, float], generator: np.random.Generator, parts: _Parts
) -> None:
    """Assign groups in random order, each to the first part with enough images left.

    Groups that fit into no part of `wanted` are for training.
    """
    for index in generator.permutation(len(groups)):
        members = groups[index]
        part = next((name for name, count in wanted.items() if count >= len(members)), "training")
        if part in wanted:
            wanted[part] -= len(members)
        getattr(parts, part).extend(members)


def _random_folds(examples: Sequence[Example], seed: int, folds: int) -> list[Examples]:
    """Assign image by image to folds of equal size, up to one image."""
    order = np.random.default_rng(seed).permutation(len(examples))
    return [[examples[index] for index in indices] for indices in np.array_split(order, folds)]


def _group_folds(examples: Sequence[Example], seed: int, folds: int) -> list[Examples]:
    """Assign whole groups to folds, each to the one with the fewest of its class."""
    filled: list[Examples] = [[] for _ in range(folds)]
    generator = np.random.default_rng(seed)
    for members in _list_by_class(examples):
        of_class: list[Examples] = [[] for _ in range(folds)]
        groups = _list_by_group(members)
        for index in generator.permutation(len(groups)):
            min(of_class, key=len).extend(groups[index])
        # The largest share of this class goes to the smallest fold, so that remainders do not add up in the first.
        for fold, share in zip(sorted(filled, key=len), sorted(of_class, key=len, reverse=True), strict=True):
            fold.extend(share)
    return filled


def _take_fold(folds: Sequence[Examples], fold: int) -> _Parts:
    """Validate on a fold, calibrate on the next, train on the others."""
    after = (fold + 1) % len(folds)
    rest = [example for index, members in enumerate(folds) if index not in (fold, after) for example in members]
    return _Parts(rest, folds[after], folds[fold])


def _list_by_class(examples: Sequence[Example]) -> list[Examples]:
    found = [[example for example in examples if example.label == label] for label in Label]
    return [members for members in found if members]


def _list_by_group(examples: Sequence[Example]) -> list[Examples]:
    groups: dict[str, Examples] = defaultdict(list)
    for example in examples:
        groups[example.group].append(example)
    return [groups[name] for name in sorted(groups)]
