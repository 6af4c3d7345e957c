"""What a training was asked for, and one training run."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from blastlens.inference.package import ModelPackage
from blastlens.training.data.dataset import Example
from blastlens.training.data.outlier_exposure import sha256_of
from blastlens.training.data.splits import SplitPlan
from blastlens.training.fitting.loader import DataLoader
from blastlens.training.progress import NoReporter, ProgressReporter
from blastlens.training.recipes.recipe import Recipe, Stage


@dataclass(frozen=True)
class TrainingRequest:
    """What a person asked for: data, recipe, and where the results go.

    Attributes:
        data: folder with one folder of images for each class.
        groups: CSV with the columns `file` and `group`; None groups exact copies only.
        recipe: how to train.
        plan: how the data is split into training, calibration and validation.
        seed: of the weights and of every augmentation.
        work: folder for checkpoints.
        package: folder that the package is written to.
        version: of the package.
        source: a line about the data for the manifest: its owner and its terms.
        start: the package that training continues from, for recipes that need one.
        outliers: image files of other laboratories, for recipes with outlier exposure.
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


@dataclass(frozen=True)
class TrainingRun:
    """Everything that one training of one recipe depends on.

    Attributes:
        recipe: how to train.
        examples: the training part.
        seed: of weights, order and augmentation.
        work: folder for checkpoints, with a folder for each phase.
        start: the package that branches with the weights "package" start from.
        calibration: the calibration part; it sets the temperatures of separate heads and trains nothing.
        outliers: image files of other laboratories, for recipes with outlier exposure.
        reporter: shows the progress.
    """

    recipe: Recipe
    examples: Sequence[Example]
    seed: int
    work: Path
    start: ModelPackage | None = None
    calibration: Sequence[Example] = ()
    outliers: tuple[Path, ...] = ()
    reporter: ProgressReporter = field(default_factory=NoReporter, compare=False)

    @cached_property
    def loader(self) -> DataLoader:
        """Reader of the run's images."""
        return DataLoader(
            self.recipe, self.seed, self.examples, self.calibration, self.outliers, track=self.reporter.track
        )

    def identity_of(self, recipe: Recipe) -> str:
        """Return the SHA-256 of recipe, seed, data and start; checkpoints with another one are refused."""
        start = self.start.identity.digest if self.start else None
        examples = [(example.sha256, example.label) for example in self.examples]
        inputs = (replace(recipe, about=""), self.seed, examples, start, sha256_of(self.outliers))
        return hashlib.sha256(repr(inputs).encode()).hexdigest()

    def identity_without_stages(self, recipe: Recipe) -> str:
        """Return the identity without the stages, except for the last size; see `Phase.identity_after`."""
        return self.identity_of(replace(recipe, stages=(Stage(recipe.size, 0),)))
