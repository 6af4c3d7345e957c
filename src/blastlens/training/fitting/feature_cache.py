"""What a head learns from while the backbones stay as they are: their features of a variation, computed once."""

from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.data.arrays import NO_CLASS
from blastlens.training.data.outlier_exposure import EXAMPLES_PER_OUTLIER
from blastlens.training.files import to_disk
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.supervised import Draw, class_weights
from blastlens.training.models.features import extract_features
from blastlens.training.recipes.recipe import Recipe

Features = NDArray[np.float32]


@dataclass(frozen=True)
class ImageSources:
    """Where the images come from.

    Attributes:
        draw: gives the examples, varied.
        others: gives images of other laboratories, varied, which the head learns not to know; None for none.
    """

    draw: Draw
    others: Draw | None = None


@dataclass(frozen=True)
class CachedFeatures:
    """What branches said of N images: features (N, F), and classes (N,); images without a class come last."""

    features: Features
    classes: NDArray[np.int64]

    @property
    def known(self) -> int:
        """How many images have a class."""
        return int((self.classes != NO_CLASS).sum())

    def of(self, columns: slice) -> "CachedFeatures":
        """Return what one branch said, whose features are these columns."""
        return CachedFeatures(self.features[:, columns], self.classes)


@dataclass(frozen=True)
class Standardiser:
    """Mean (F,) and deviation of a branch's features: a linear head learns sooner where they are nought and one."""

    mean: Features
    deviation: np.float32

    def bring(self, said: CachedFeatures) -> CachedFeatures:
        """Return features of mean nought and deviation one."""
        return CachedFeatures((said.features - self.mean) / self.deviation, said.classes)

    def unapply(self, kernel: Features, bias: Features) -> tuple[Features, Features]:
        """Return kernel (F, C) and bias (C,) that say of the features what these say of levelled ones."""
        shift = (self.mean / self.deviation) @ kernel
        return kernel / self.deviation, (bias - shift).astype(np.float32)


def fit_standardiser(said: CachedFeatures) -> Standardiser:
    """Measure the level of what a branch said of images with a class; the deviation is one for all features."""
    known = said.features[: said.known]
    return Standardiser(known.mean(axis=0), np.float32(max(float(known.std(axis=0).mean()), 1e-6)))


@dataclass(frozen=True)
class Batch:
    """What one step is taken on: features (B, F), classes (B,) and weights (B,)."""

    features: Features
    classes: NDArray[np.int64]
    weights: NDArray[np.float32]


def feature_widths(model: keras.Model, branches: tuple[str, ...]) -> list[int]:
    """Return how many features each branch has."""
    return [model.get_layer(f"{name}_pooling").output.shape[-1] for name in branches]


def load_features(
    part: Phase, model: keras.Model, branches: tuple[str, ...], heard: ImageSources, epoch: int
) -> CachedFeatures:
    """Return what the branches say of the variation that begins with an epoch, from the part's folder where it lies."""
    file = part.work / f"features-{part.run[:12]}-{epoch:04d}.npz"
    if not file.is_file():
        stage = [stage for stage in part.stages for _ in range(stage.epochs)][epoch]
        drawn = [draw(epoch, stage) for draw in (heard.draw, heard.others) if draw]
        features = [
            np.concatenate([extract_features(model, name, pixels) for name in branches], axis=1) for pixels in drawn
        ]
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished.npz")
        classes = np.concatenate([pixels.classes for pixels in drawn])
        np.savez(unfinished, features=np.concatenate(features), classes=classes)
        to_disk(unfinished)
        unfinished.replace(file)
    with np.load(file) as stored:
        return CachedFeatures(stored["features"], stored["classes"])


def make_batch(
    said: CachedFeatures, chosen: NDArray[np.int64], widths: list[int], recipe: Recipe, generator: np.random.Generator
) -> Batch:
    """Return chosen examples and some images without a class, each of these once as every class: all count alike.

    Args:
        said: of all images.
        chosen: (B,) examples.
        widths: features of each branch, some of which are silenced.
        recipe: how often a branch is not heard, whether classes are balanced, what other laboratories weigh.
        generator: of what is silenced, and which other images are shown.
    """
    known, every = len(chosen), len(recipe.classes)
    weights = class_weights(said.classes[: said.known], recipe)[chosen]
    if said.known < len(said.classes):
        others = generator.integers(said.known, len(said.classes), size=max(1, known // EXAMPLES_PER_OUTLIER))
        chosen = np.concatenate([chosen, others])
    rows = _drop_branches(said.features[chosen], widths, recipe.branch_dropout, generator)
    strange = np.repeat(rows[known:], every, axis=0)
    share = recipe.outlier_exposure * weights.sum() / max(1, len(strange))
    return Batch(
        np.concatenate([rows[:known], strange]),
        np.concatenate([said.classes[chosen[:known]], np.tile(np.arange(every), len(rows) - known)]),
        np.concatenate([weights, np.full(len(strange), share, np.float32)]),
    )


def _drop_branches(features: Features, widths: list[int], rate: float, generator: np.random.Generator) -> Features:
    """Return features (B, F) with whole branches, of these widths, silenced at a rate; one stays in every example."""
    silent = generator.random((len(features), len(widths))) < rate
    silent[np.arange(len(features)), generator.integers(len(widths), size=len(features))] = False
    return features * ~np.repeat(silent, widths, axis=1)
