"""Which images a model learns from, is calibrated with and is judged by: said as data, dealt by a seed."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from blastlens.domain.errors import InvalidData, InvalidSettings
from blastlens.training import dealing
from blastlens.training.dataset import Example
from blastlens.training.staining import Track

How = Literal["random", "group", "staining"]


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

    how: How
    seed: int
    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    fold: int | None = None
    folds: int | None = None

    def __post_init__(self) -> None:
        if self.how not in get_args(How):
            raise InvalidSettings(f"a split is one of {', '.join(get_args(How))}, not {self.how!r}.")
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

    def _dealt(self, examples: Sequence[Example], track: Track) -> dealing.Parts:
        if self.how == "staining":
            return dealing.deal_by_staining(examples, self.seed, self.shares, track)
        if self.fold is not None and self.folds is not None:
            deal = dealing.random_folds if self.how == "random" else dealing.group_folds
            return dealing.take_fold(deal(examples, self.seed, self.folds), self.fold)
        if self.how == "random":
            return dealing.deal_images(examples, self.seed, self.shares)
        return dealing.deal_groups(examples, self.seed, self.shares[1], self.shares[2])

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
    return _sorted(dealing.deal_groups(examples, seed, calibration, validation))


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


def shared_with_training(split: Split, part: Sequence[Example]) -> int:
    """Return how many of a part's images have an exact copy or an overlapping field among the training images."""
    groups = {example.group for example in split.training}
    copies = {example.sha256 for example in split.training}
    return sum(example.group in groups or example.sha256 in copies for example in part)


def _sorted(parts: dealing.Parts) -> Split:
    return Split(*(tuple(sorted(part, key=lambda example: example.path)) for part in parts))
