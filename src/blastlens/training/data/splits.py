"""Which images a model learns from, is calibrated with and is judged by: said as data, dealt by a seed."""

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


Examples = list[Example]


class SplitLists(NamedTuple):
    """What was dealt so far."""

    training: Examples
    calibration: Examples
    validation: Examples


@dataclass(frozen=True)
class Split:
    """Three parts: fit on the first, calibrate on the second, judge on the third; each sorted by path."""

    training: tuple[Example, ...]
    calibration: tuple[Example, ...]
    validation: tuple[Example, ...]


@dataclass(frozen=True)
class SplitPlan:
    """How a training set is parted; equal plans part equal sets alike.

    Attributes:
        how: "random" deals image by image, as the papers do, so that overlapping fields lie on both sides;
            "group" deals whole overlap groups, class by class;
            "staining" holds whole clusters of staining out to judge by; they are cut out of a continuum, so that stains
            much like them stay in training, on the other side of the cut.
        seed: of every draw.
        shares: of training, calibration and validation, each 0 to 1, summing to 1.
        fold: which fold judges, from 0; the next one calibrates. None, like `folds`, parts by `shares`.
        folds: into how many folds "random" or "group" deals, at least 3.

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
            raise InvalidSettings(f"a fold needs its number and how many there are, not {self.fold} of {self.folds}.")
        if self.fold is not None and self.folds is not None:
            if self.how == "staining":
                raise InvalidSettings("a split by staining has no folds: take another seed instead.")
            if self.folds < 3 or not 0 <= self.fold < self.folds:
                raise InvalidSettings(f"fold {self.fold} of {self.folds}: at least 3 folds, counted from 0.")

    def split(self, examples: Sequence[Example], track: Track = lambda items: items) -> Split:
        """Part the examples.

        Args:
            examples: all of them, as `find_examples` lists them.
            track: wraps the examples to show progress where their pixels are read ("staining").

        Raises:
            InvalidData: a part stays empty, or, unless the split is random, copies of one image lie in two parts.
        """
        split = _sorted(self._dealt(examples, track))
        self._check_filled(split)
        pairs = [] if self.how == "random" else copies_across(split)
        if pairs:
            first, second = pairs[0]
            raise InvalidData(f"{first.path} and {second.path} are copies of one image in two parts of the split.")
        return split

    def plain(self) -> dict[str, Any]:
        """Return the plan as JSON can hold it."""
        return {**asdict(self), "shares": list(self.shares)}

    @classmethod
    def of_plain(cls, values: Mapping[str, Any]) -> "SplitPlan":
        """Return the plan that `plain` wrote.

        Raises:
            InvalidSettings: a value is missing, foreign or out of range.
        """
        try:
            training, calibration, validation = map(float, values["shares"])
            return cls(**{**values, "shares": (training, calibration, validation)})
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidSettings(f"{values!r} does not say how a training set was parted: {error!r}.") from error

    def __str__(self) -> str:
        fold = f", fold {self.fold + 1} of {self.folds}" if self.fold is not None else ""
        return f"{self.how}, seed {self.seed}{fold}"

    def _dealt(self, examples: Sequence[Example], track: Track) -> SplitLists:
        if self.how == "staining":
            return split_stain_clusters(examples, self.seed, self.shares, track)
        if self.fold is not None and self.folds is not None:
            deal = random_folds if self.how == "random" else group_folds
            return take_fold(deal(examples, self.seed, self.folds), self.fold)
        if self.how == "random":
            return split_images(examples, self.seed, self.shares)
        return split_groups(examples, self.seed, self.shares[1], self.shares[2])

    def _check_filled(self, split: Split) -> None:
        wanted = self.shares if self.folds is None else (1.0, 1.0, 1.0)
        for (name, part), share in zip(vars(split).items(), wanted, strict=True):
            if share > 0 and not part:
                raise InvalidData(f"too few images or groups to part ({self}): nothing is left for {name}.")


def split_by_group(examples: Sequence[Example], seed: int, calibration: float = 0.1, validation: float = 0.1) -> Split:
    """Deal whole groups into three parts, class by class, at random by `seed`.

    Args:
        examples: all examples.
        seed: equal seeds give equal splits.
        calibration: share of each class to calibrate on, 0 to 1.
        validation: share of each class to judge on, 0 to 1.
    """
    return _sorted(split_groups(examples, seed, calibration, validation))


def copies_across(split: Split) -> list[tuple[Example, Example]]:
    """Return every pair of exact copies that lie in two different parts, the earlier part's example first."""
    pairs: list[tuple[Example, Example]] = []
    earlier: dict[str, list[Example]] = defaultdict(list)
    for part in (split.training, split.calibration, split.validation):
        pairs.extend((twin, example) for example in part for twin in earlier[example.sha256])
        for example in part:
            earlier[example.sha256].append(example)
    return pairs


def data_sha256(examples: Sequence[Example]) -> str:
    """Return one SHA-256, in hexadecimal, of all files whatever their names: of their sorted hashes, a line each."""
    lines = "\n".join(sorted(example.sha256 for example in examples))
    return hashlib.sha256(lines.encode()).hexdigest()


def count_overlap_with_training(split: Split, part: Sequence[Example]) -> int:
    """Return how many of a part's images have an exact copy or an overlapping field among the training images."""
    groups = {example.group for example in split.training}
    copies = {example.sha256 for example in split.training}
    return sum(example.group in groups or example.sha256 in copies for example in part)


def _sorted(parts: SplitLists) -> Split:
    return Split(*(tuple(sorted(part, key=lambda example: example.path)) for part in parts))


def split_images(examples: Sequence[Example], seed: int, shares: tuple[float, float, float]) -> SplitLists:
    """Deal image by image; training and validation are rounded down: 7:2:1 of 3,256 is 2,279/652/325."""
    order = np.random.default_rng(seed).permutation(len(examples))
    drawn = [examples[index] for index in order]
    training, validation = (math.floor(share * len(drawn) + 1e-9) for share in (shares[0], shares[2]))
    last = len(drawn) - validation
    return SplitLists(drawn[:training], drawn[training:last], drawn[last:])


def split_groups(examples: Sequence[Example], seed: int, calibration: float, validation: float) -> SplitLists:
    """Deal whole groups, class by class; shares of a class from 0 to 1."""
    parts = SplitLists([], [], [])
    generator = np.random.default_rng(seed)
    for members in _by_class(examples):
        owed = {"validation": validation * len(members), "calibration": calibration * len(members)}
        _hand_out(_by_group(members), owed, generator, parts)
    return parts


def split_stain_clusters(
    examples: Sequence[Example], seed: int, shares: tuple[float, float, float], track: Track
) -> SplitLists:
    """Hold whole clusters of staining out for validation, class by class; calibrate on whole groups of the rest."""
    parts = SplitLists([], [], [])
    generator = np.random.default_rng(seed)
    # As many clusters as parts of the wanted size; never so many that each is a group of its own.
    for clusters in cluster_by_stain(examples, seed, round(1 / max(shares[2], 0.02)), track):
        total = sum(map(len, clusters))
        held = _held_out(clusters, shares[2] * total, generator)
        rest = [example for index, cluster in enumerate(clusters) if index not in held for example in cluster]
        parts.validation.extend(example for index in sorted(held) for example in clusters[index])
        _hand_out(_by_group(rest), {"calibration": shares[1] * total}, generator, parts)
    return parts


def random_folds(examples: Sequence[Example], seed: int, folds: int) -> list[Examples]:
    """Deal image by image into folds of equal size, up to one image."""
    order = np.random.default_rng(seed).permutation(len(examples))
    return [[examples[index] for index in indices] for indices in np.array_split(order, folds)]


def group_folds(examples: Sequence[Example], seed: int, folds: int) -> list[Examples]:
    """Deal whole groups into folds, class by class, each to the fold that has least of the class so far."""
    dealt: list[Examples] = [[] for _ in range(folds)]
    generator = np.random.default_rng(seed)
    for members in _by_class(examples):
        of_class: list[Examples] = [[] for _ in range(folds)]
        groups = _by_group(members)
        for index in generator.permutation(len(groups)):
            min(of_class, key=len).extend(groups[index])
        # The largest share of this class goes to the smallest fold, so that rests do not add up in the first.
        for fold, share in zip(sorted(dealt, key=len), sorted(of_class, key=len, reverse=True), strict=True):
            fold.extend(share)
    return dealt


def take_fold(folds: Sequence[Examples], fold: int) -> SplitLists:
    """Judge on a fold, calibrate on the next, learn from the others."""
    after = (fold + 1) % len(folds)
    rest = [example for index, members in enumerate(folds) if index not in (fold, after) for example in members]
    return SplitLists(rest, folds[after], folds[fold])


def _held_out(clusters: Sequence[Examples], owed: float, generator: np.random.Generator) -> set[int]:
    """Return which clusters judge: in the order drawn, each that brings their sum nearer to `owed`; one at least."""
    held: set[int] = set()
    for index in map(int, generator.permutation(len(clusters))):
        if len(clusters[index]) < 2 * owed:
            held.add(index)
            owed -= len(clusters[index])
    return held or {min(range(len(clusters)), key=lambda index: len(clusters[index]))}


def _hand_out(
    groups: Sequence[Examples], owed: dict[str, float], generator: np.random.Generator, parts: SplitLists
) -> None:
    """Give each group, in the order drawn, to the first part that is owed as much; what nobody is owed trains."""
    for index in generator.permutation(len(groups)):
        members = groups[index]
        part = next((name for name, count in owed.items() if count >= len(members)), "training")
        if part in owed:
            owed[part] -= len(members)
        getattr(parts, part).extend(members)


def _by_class(examples: Sequence[Example]) -> list[Examples]:
    found = [[example for example in examples if example.label == label] for label in Label]
    return [members for members in found if members]


def _by_group(examples: Sequence[Example]) -> list[Examples]:
    groups: dict[str, Examples] = defaultdict(list)
    for example in examples:
        groups[example.group].append(example)
    return [groups[name] for name in sorted(groups)]
