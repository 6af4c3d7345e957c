"""Reader of the images of a training run, unchanged or augmented."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from blastlens.training.data.arrays import Pairs, Pixels, Variation, concatenate_pixels, read_pixels
from blastlens.training.data.dataset import Example
from blastlens.training.data.outlier_exposure import EXAMPLES_PER_OUTLIER, read_outliers
from blastlens.training.progress import Track
from blastlens.training.recipes.recipe import Recipe, Stage

_OUTLIER_DRAWS = 1  # third seed, which separates the draws of outliers from those of the examples


class DataLoader:
    """Reads images at any size; unchanged ones of the last size asked for are kept in memory.

    Equal seeds and variations give equal pixels.

    Args:
        recipe: how images are read and augmented.
        seed: of every augmentation.
        examples: the training part.
        calibration: the calibration part.
        outliers: image files of other laboratories.
        track: wraps the images to show progress.
    """

    def __init__(
        self,
        recipe: Recipe,
        seed: int,
        examples: Sequence[Example],
        calibration: Sequence[Example] = (),
        outliers: Sequence[Path] = (),
        track: Track = lambda items: items,
    ) -> None:
        self._recipe, self._seed, self._track = recipe, seed, track
        self._examples, self._calibration, self._outliers = examples, calibration, outliers
        self._plain: dict[int, Pixels] = {}

    def load_plain(self, size: int) -> Pixels:
        """Return all training examples unchanged, images of `size` pixels."""
        if size not in self._plain:
            self._plain.clear()
            self._plain[size] = self._read(size, None)
        return self._plain[size]

    def load_augmented(self, variation: int, stage: Stage) -> Pixels:
        """Return all training examples, augmented at a stage's strength; `variation` is the seed."""
        return self._read(stage.size, self._variation(variation, stage))

    def load_calibration(self, size: int) -> Pixels | None:
        """Return the calibration examples unchanged; None where the run has none."""
        if not self._calibration:
            return None
        return read_pixels(self._calibration, self._recipe, size, track=self._track)

    def load_outliers(self, variation: int, stage: Stage) -> Pixels:
        """Return augmented images of other laboratories, one for every four training examples."""
        drawn = self._variation(variation, stage)
        drawn = replace(drawn, seeds=(*drawn.seeds, _OUTLIER_DRAWS))
        count = max(1, len(self._examples) // EXAMPLES_PER_OUTLIER)
        return read_outliers(self._outliers, self._recipe, stage.size, drawn, count, self._track)

    def load_with_outliers(self, variation: int, stage: Stage) -> Pixels:
        """Return all training examples, augmented, followed by outliers where the recipe exposes the model to them."""
        examples = self.load_augmented(variation, stage)
        if not self._recipe.outlier_exposure:
            return examples
        return concatenate_pixels(examples, self.load_outliers(variation, stage))

    def load_pairs(self, variation: int, stage: Stage) -> Pairs:
        """Return all training examples twice: with every augmentation, and with the geometric ones only."""
        changed = self._variation(variation, stage)
        plain = replace(changed, amounts=changed.amounts.geometry_only())
        return Pairs(self._read(stage.size, changed), self._read(stage.size, plain))

    def _variation(self, variation: int, stage: Stage) -> Variation:
        return Variation(self._recipe.augmentation.at(stage.strength), (self._seed, variation))

    def _read(self, size: int, variation: Variation | None) -> Pixels:
        return read_pixels(self._examples, self._recipe, size, variation, self._track)
