"""Reads the training part of a lesson, as it is or varied."""

from dataclasses import replace

from blastlens.training.lesson import Lesson, Watcher
from blastlens.training.pixels import Pixels, Variation, read_pixels
from blastlens.training.recipes import Stage
from blastlens.training.steadying import Pairs


class Material:
    """The training part as pixels, at any size; unvaried ones of one size are kept.

    Args:
        lesson: whose examples, and how they are varied.
        watcher: is shown how far reading is.
    """

    def __init__(self, lesson: Lesson, watcher: Watcher) -> None:
        self._lesson, self._watcher = lesson, watcher
        self._plain: dict[int, Pixels] = {}

    def as_it_is(self, size: int) -> Pixels:
        """Return all examples unvaried, images of `size` pixels."""
        if size not in self._plain:
            self._plain.clear()
            self._plain[size] = self._read(size, None)
        return self._plain[size]

    def varied(self, variation: int, stage: Stage) -> Pixels:
        """Return all examples, varied as a stage says; equal numbers give equal pixels."""
        amounts = self._lesson.recipe.augmentation.at(stage.strength)
        return self._read(stage.size, Variation(amounts, (self._lesson.seed, variation)))

    def in_pairs(self, variation: int, stage: Stage) -> Pairs:
        """Return all examples with every change, and beside them with those of place and labels alone."""
        amounts = self._lesson.recipe.augmentation.at(stage.strength)
        changed = Variation(amounts, (self._lesson.seed, variation))
        plain = replace(changed, amounts=amounts.of_place())
        return Pairs(self._read(stage.size, changed), self._read(stage.size, plain))

    def _read(self, size: int, variation: Variation | None) -> Pixels:
        return read_pixels(self._lesson.examples, self._lesson.recipe, size, variation, self._watcher.track)
