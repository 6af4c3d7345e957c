"""One training of a search, evaluated on the calibration part after every epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import keras
import numpy as np

from blastlens.training.data.arrays import Pixels, read_pixels
from blastlens.training.fitting.pipeline import train_model
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.models.batch_norm import recalibrate
from blastlens.training.models.features import predict
from blastlens.training.progress import Progress, ProgressReporter
from blastlens.training.recipes.recipe import Recipe
from blastlens.training.tuning.search import ReportAccuracy

Item = TypeVar("Item")

_RECALIBRATION_EXAMPLES = 512  # training images; enough to recalibrate the batch norms of an unfinished model


class KerasTrial:
    """Trains a recipe and returns its accuracy on the calibration part; a `RunTrial`.

    Args:
        run: what every trial trains on, with another recipe each, and its calibration part, which trials are evaluated
            on; the validation part is not used. Each trial keeps its checkpoints in the run's folder and deletes them.
    """

    def __init__(self, run: TrainingRun) -> None:
        self._run = run

    def __call__(self, recipe: Recipe, report: ReportAccuracy) -> float:
        """Train `recipe`, and report the accuracy after each epoch but a phase's last.

        Phases with consistency regularisation and of heads only have no classifier of images, and report nothing.
        """
        with TemporaryDirectory(dir=self._run.work, prefix="trial-") as work:
            reporter = _EpochReporter(self, recipe, Path(work), report, self._run.reporter)
            model = train_model(replace(self._run, recipe=recipe, work=Path(work), reporter=reporter))
            return self.evaluate_model(model, read_pixels(self._run.calibration, recipe, recipe.size))

    def evaluate_checkpoint(self, file: Path, recipe: Recipe, size: int) -> float:
        """Return the accuracy of a checkpoint's model on the calibration part, 0 to 1."""
        model = keras.models.load_model(file)
        examples, seed = self._run.examples, self._run.seed
        some = np.random.default_rng(seed).permutation(len(examples))[:_RECALIBRATION_EXAMPLES]
        recalibrate(model, read_pixels([examples[index] for index in sorted(some)], recipe, size), seed)
        return self.evaluate_model(model, read_pixels(self._run.calibration, recipe, size))

    @staticmethod
    def evaluate_model(model: keras.Model, pixels: Pixels) -> float:
        """Return the share of images whose most probable class is the true one, 0 to 1."""
        return float((predict(model, pixels).argmax(axis=1) == pixels.classes).mean())


class _EpochReporter:
    """Forwards progress, and evaluates a checkpoint when the next epoch starts."""

    def __init__(
        self, trial: KerasTrial, recipe: Recipe, work: Path, report: ReportAccuracy, reporter: ProgressReporter
    ) -> None:
        self._trial = trial
        self._recipe = recipe
        self._work = work
        self._report = report
        self._reporter = reporter
        self._epochs = 0

    def message(self, text: str) -> None:
        """Ignore a sentence: a search reports its trials, not the phases of each."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Yield the items and show progress over them."""
        return self._reporter.track(items)

    def step(self, progress: Progress) -> None:
        """Show a training step; evaluate the epoch before it, if it made a classifier."""
        self._reporter.step(progress)
        if progress.step > 1:
            return
        self._epochs += 1
        checkpoints = sorted((self._work / progress.phase).glob("epoch-*/*.keras"))
        if checkpoints and progress.classifies_images:
            accuracy = self._trial.evaluate_checkpoint(checkpoints[-1], self._recipe, progress.size)
            self._report(self._epochs - 1, accuracy)
