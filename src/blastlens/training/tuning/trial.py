"""One training of a search: learns by a recipe, and is judged on the calibration part after every epoch."""

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
from blastlens.training.tuning.search import ReportTrial

Item = TypeVar("Item")

_RECALIBRATED_BY = 512  # training images: enough for batch-norm statistics to be fair to an unfinished model


class KerasTrial:
    """Trains a recipe and returns its accuracy on the calibration part; callable as `tune` wants it.

    Args:
        lesson: what every trial learns from, but for the recipe, and is judged by: its calibration part, never the one
            by which the finished model will be judged. Checkpoints lie in its folder meanwhile and are gone afterwards.
        watcher: is told what happens.
    """

    def __init__(self, lesson: TrainingRun, watcher: ProgressReporter) -> None:
        self._lesson = lesson
        self._watcher = watcher

    def __call__(self, recipe: Recipe, report: ReportTrial) -> float:
        """Train by `recipe`, telling `report` the accuracy after every epoch but the last of each part.

        While a branch is steadied or the head learns alone there is no new model of the classes, and nothing is told.
        """
        with TemporaryDirectory(dir=self._lesson.work, prefix="trial-") as work:
            watcher = _EpochWatcher(self, recipe, Path(work), report, self._watcher)
            model = train_model(replace(self._lesson, recipe=recipe, work=Path(work)), watcher)
            return self.accuracy(model, read_pixels(self._lesson.calibration, recipe, recipe.size))

    def accuracy_of_unfinished(self, file: Path, recipe: Recipe, size: int) -> float:
        """Return the accuracy of a checkpoint's model, 0 to 1."""
        model = keras.models.load_model(file)
        examples, seed = self._lesson.examples, self._lesson.seed
        some = np.random.default_rng(seed).permutation(len(examples))[:_RECALIBRATED_BY]
        recalibrate(model, read_pixels([examples[index] for index in sorted(some)], recipe, size), seed)
        return self.accuracy(model, read_pixels(self._lesson.calibration, recipe, size))

    @staticmethod
    def accuracy(model: keras.Model, pixels: Pixels) -> float:
        """Return the share of examples whose most probable class is the true one, 0 to 1."""
        return float((predict(model, pixels).argmax(axis=1) == pixels.classes).mean())


class _EpochWatcher:
    """Passes everything on, and judges a part's newest checkpoint when the epoch after it begins."""

    def __init__(
        self, trial: KerasTrial, recipe: Recipe, work: Path, report: ReportTrial, watcher: ProgressReporter
    ) -> None:
        self._trial = trial
        self._recipe = recipe
        self._work = work
        self._report = report
        self._watcher = watcher
        self._epochs = 0

    def say(self, sentence: str) -> None:
        """Say nothing: a search has more to tell than its trainings."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show a bar over what is being worked through."""
        return self._watcher.track(items)

    def step(self, progress: Progress) -> None:
        """Show one training step, and judge the epoch before, where it made a model that tells classes."""
        self._watcher.step(progress)
        if progress.step > 1:
            return
        self._epochs += 1
        own = sorted((self._work / progress.part).glob("epoch-*/*.keras"))  # none while the head learns alone
        if own and progress.measure == "accuracy":
            accuracy = self._trial.accuracy_of_unfinished(own[-1], self._recipe, progress.size)
            self._report(self._epochs - 1, accuracy)
