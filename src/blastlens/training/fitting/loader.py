"""Reads the images of a lesson, as they are or varied."""

from dataclasses import replace

from blastlens.training.data.arrays import Pairs, Pixels, Variation, concatenate_pixels, read_pixels
from blastlens.training.data.outlier_exposure import EXAMPLES_PER_OUTLIER, read_outliers
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.progress import ProgressReporter
from blastlens.training.recipes.recipe import Stage

_OTHERS = 1  # sets the draws of images of other laboratories apart from those of the examples


class DataLoader:
    """The training part as pixels, at any size; unvaried ones of one size are kept.

    Args:
        lesson: whose examples, and how they are varied.
        watcher: is shown how far reading is.
    """

    def __init__(self, lesson: TrainingRun, watcher: ProgressReporter) -> None:
        self._lesson, self._watcher = lesson, watcher
        self._plain: dict[int, Pixels] = {}

    def load_plain(self, size: int) -> Pixels:
        """Return all examples unvaried, images of `size` pixels."""
        if size not in self._plain:
            self._plain.clear()
            self._plain[size] = self._read(size, None)
        return self._plain[size]

    def load_augmented(self, variation: int, stage: Stage) -> Pixels:
        """Return all examples, varied as a stage says; equal numbers give equal pixels."""
        amounts = self._lesson.recipe.augmentation.at(stage.strength)
        return self._read(stage.size, Variation(amounts, (self._lesson.seed, variation)))

    def load_calibration(self, size: int) -> Pixels | None:
        """Return the examples of the calibration part unvaried; None where the lesson has none."""
        lesson = self._lesson
        if not lesson.calibration:
            return None
        return read_pixels(lesson.calibration, lesson.recipe, size, track=self._watcher.track)

    def load_outliers(self, variation: int, stage: Stage) -> Pixels:
        """Return images of other laboratories, varied as a stage says, one for every four examples."""
        lesson = self._lesson
        drawn = Variation(lesson.recipe.augmentation.at(stage.strength), (lesson.seed, variation, _OTHERS))
        count = max(1, len(lesson.examples) // EXAMPLES_PER_OUTLIER)
        return read_outliers(lesson.outliers, lesson.recipe, stage.size, drawn, count, self._watcher.track)

    def load_with_outliers(self, variation: int, stage: Stage) -> Pixels:
        """Return all examples, varied, and after them images of other laboratories where the recipe asks for them."""
        own = self.load_augmented(variation, stage)
        return (
            concatenate_pixels(own, self.load_outliers(variation, stage))
            if self._lesson.recipe.outlier_exposure
            else own
        )

    def load_pairs(self, variation: int, stage: Stage) -> Pairs:
        """Return all examples with every change, and beside them with those of place and labels alone."""
        amounts = self._lesson.recipe.augmentation.at(stage.strength)
        changed = Variation(amounts, (self._lesson.seed, variation))
        plain = replace(changed, amounts=amounts.geometry_only())
        return Pairs(self._read(stage.size, changed), self._read(stage.size, plain))

    def _read(self, size: int, variation: Variation | None) -> Pixels:
        return read_pixels(self._lesson.examples, self._lesson.recipe, size, variation, self._watcher.track)
