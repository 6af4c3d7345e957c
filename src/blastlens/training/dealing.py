"""The ways to deal a training set into training, calibration and validation; each draw by a seed."""

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from blastlens.domain.labels import Label
from blastlens.training.dataset import Example
from blastlens.training.staining import Track, clusters_by_staining

Examples = list[Example]


class Parts(NamedTuple):
    """What was dealt so far."""

    training: Examples
    calibration: Examples
    validation: Examples


def deal_images(examples: Sequence[Example], seed: int, shares: tuple[float, float, float]) -> Parts:
    """Deal image by image; training and validation are rounded down: 7:2:1 of 3,256 is 2,279/652/325."""
    order = np.random.default_rng(seed).permutation(len(examples))
    drawn = [examples[index] for index in order]
    training, validation = (math.floor(share * len(drawn) + 1e-9) for share in (shares[0], shares[2]))
    last = len(drawn) - validation
    return Parts(drawn[:training], drawn[training:last], drawn[last:])


def deal_groups(examples: Sequence[Example], seed: int, calibration: float, validation: float) -> Parts:
    """Deal whole groups, class by class; shares of a class from 0 to 1."""
    parts = Parts([], [], [])
    generator = np.random.default_rng(seed)
    for members in _by_class(examples):
        owed = {"validation": validation * len(members), "calibration": calibration * len(members)}
        _hand_out(_by_group(members), owed, generator, parts)
    return parts


def deal_by_staining(examples: Sequence[Example], seed: int, shares: tuple[float, float, float], track: Track) -> Parts:
    """Hold whole clusters of staining out for validation, class by class; calibrate on whole groups of the rest."""
    parts = Parts([], [], [])
    generator = np.random.default_rng(seed)
    # As many clusters as parts of the wanted size; never so many that each is a group of its own.
    for clusters in clusters_by_staining(examples, seed, round(1 / max(shares[2], 0.02)), track):
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


def take_fold(folds: Sequence[Examples], fold: int) -> Parts:
    """Judge on a fold, calibrate on the next, learn from the others."""
    after = (fold + 1) % len(folds)
    rest = [example for index, members in enumerate(folds) if index not in (fold, after) for example in members]
    return Parts(rest, folds[after], folds[fold])


def _held_out(clusters: Sequence[Examples], owed: float, generator: np.random.Generator) -> set[int]:
    """Return which clusters judge: in the order drawn, each that brings their sum nearer to `owed`; one at least."""
    held: set[int] = set()
    for index in map(int, generator.permutation(len(clusters))):
        if len(clusters[index]) < 2 * owed:
            held.add(index)
            owed -= len(clusters[index])
    return held or {min(range(len(clusters)), key=lambda index: len(clusters[index]))}


def _hand_out(groups: Sequence[Examples], owed: dict[str, float], generator: np.random.Generator, parts: Parts) -> None:
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
