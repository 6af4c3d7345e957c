"""What a training is given, and who watches it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from blastlens.inference.package import ModelPackage
from blastlens.training.data.dataset import Example
from blastlens.training.data.outlier_exposure import sha256_of
from blastlens.training.data.splits import SplitPlan
from blastlens.training.recipes.recipe import Recipe, Stage

Item = TypeVar("Item")


@dataclass(frozen=True)
class TrainingRun:
    """What a training is given.

    Attributes:
        recipe: how.
        examples: the training part.
        seed: of weights, order and augmentation.
        work: folder for checkpoints, one below it for each branch and one for the whole.
        start: the package that branches with the weights "package" go on from.
        calibration: examples of the calibration part, for recipes that bring heads to one temperature; nothing else is
            learned from them.
        outliers: image files of other laboratories, for recipes that teach the head not to know them.
    """

    recipe: Recipe
    examples: Sequence[Example]
    seed: int
    work: Path
    start: ModelPackage | None = None
    calibration: Sequence[Example] = ()
    outliers: tuple[Path, ...] = ()

    def identity_of(self, recipe: Recipe) -> str:
        """Return what identifies a training of a recipe: anything else in its folder of checkpoints is refused."""
        start = self.start.identity.digest if self.start else None
        seen = [(example.sha256, example.label) for example in self.examples]
        told = (replace(recipe, about=""), self.seed, seen, start, sha256_of(self.outliers))
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def identity_without_stages(self, recipe: Recipe) -> str:
        """Return the identity but for the stages, of which only the last size counts: see `Phase.identity_after`."""
        return self.identity_of(replace(recipe, stages=(Stage(recipe.size, 0),)))


@dataclass(frozen=True)
class TrainingRequest:
    """What to train on, how, and where the outcome goes.

    Attributes:
        data: folder with one folder of images a class.
        groups: CSV with the columns `file` and `group`; None keeps exact copies together and no more.
        recipe: how to train.
        plan: what to train on, to calibrate with and to judge by.
        seed: of the weights and every augmentation.
        work: folder for checkpoints.
        package: folder the package is written to.
        version: of the package.
        source: a line about the data for the manifest: whose it is and under what terms.
        start: the package to go on from, for recipes that do.
        outliers: image files of other laboratories, for recipes that ask for them.
    """

    data: Path
    groups: Path | None
    recipe: Recipe
    plan: SplitPlan
    seed: int
    work: Path
    package: Path
    version: str
    source: str
    start: ModelPackage | None = None
    outliers: tuple[Path, ...] = ()
