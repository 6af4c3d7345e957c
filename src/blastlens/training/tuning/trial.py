"""A trial of a search: trains a recipe and evaluates it after every epoch."""

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

_RECALIBRATION_IMAGES = 512  # for the batch-norm statistics of an unfinished model


class KerasTrial:
    """Trains a recipe and returns its accuracy on the calibration part; a `RunTrial`.

    Args:
        run: of every trial, except for the recipe. The trial is evaluated on its calibration part, which is not the
            part that the finished model is evaluated on. Checkpoints are in its folder until the trial ends.
        watcher: shows progress.
    """

    def __init__(self, run: TrainingRun, watcher: ProgressReporter) -> None:
        self._run = run
        self._watcher = watcher

    def __call__(self, recipe: Recipe, report: ReportAccuracy) -> float:
        """Train `recipe`, and report the accuracy after each epoch but a phase's last.

        Consistency regularisation and a separate head make no new classifier, so nothing is reported meanwhile.
        """
        with TemporaryDirectory(dir=self._run.work, prefix="trial-") as work:
            watcher = _EpochWatcher(self, recipe, Path(work), report, self._watcher)
            model = train_model(replace(self._run, recipe=recipe, work=Path(work)), watcher)
            return self.evaluate_model(model, read_pixels(self._run.calibration, recipe, recipe.size))

    def evaluate_checkpoint(self, file: Path, recipe: Recipe, size: int) -> float:
        """Return the accuracy of a checkpoint's model on the calibration part, 0 to 1."""
        model = keras.models.load_model(file)
        examples, seed = self._run.examples, self._run.seed
        some = np.random.default_rng(seed).permutation(len(examples))[:_RECALIBRATION_IMAGES]
        recalibrate(model, read_pixels([examples[index] for index in sorted(some)], recipe, size), seed)
        return self.evaluate_model(model, read_pixels(self._run.calibration, recipe, size))

    @staticmethod
    def evaluate_model(model: keras.Model, pixels: Pixels) -> float:
        """Return the share of images whose most probable class is the true one, 0 to 1."""
        return float((predict(model, pixels).argmax(axis=1) == pixels.classes).mean())


class _EpochWatcher:
    """Forwards progress, and evaluates a checkpoint when the next epoch begins."""

    def __init__(
        self, trial: KerasTrial, recipe: Recipe, work: Path, report: ReportAccuracy, watcher: ProgressReporter
    ) -> None:
        self._trial = trial
        self._recipe = recipe
        self._work = work
        self._report = report
        self._watcher = watcher
        self._epochs = 0

    def say(self, sentence: str) -> None:
        """Drop the sentence: a search reports trials, not what happens inside of them."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show progress over the items."""
        return self._watcher.track(items)

    def step(self, progress: Progress) -> None:
        """Show a training step; evaluate the epoch before it, if it made a classifier."""
        self._watcher.step(progress)
        if progress.step > 1:
            return
        self._epochs += 1
        checkpoints = sorted(
            (self._work / progress.part).glob("epoch-*/*.keras")
        )  # none while only the head is trained
        if checkpoints and progress.measure == "accuracy":
            accuracy = self._trial.evaluate_checkpoint(checkpoints[-1], self._recipe, progress.size)
            self._report(self._epochs - 1, accuracy)
