"""Cached features of frozen backbones, and the batches that heads are trained on."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.data.arrays import NO_CLASS
from blastlens.training.data.outlier_exposure import EXAMPLES_PER_OUTLIER
from blastlens.training.files import sync_to_disk
from blastlens.training.fitting.supervised import Draw, class_weights
from blastlens.training.models.features import extract_features
from blastlens.training.recipes.recipe import Recipe, Stage

Features = NDArray[np.float32]


@dataclass(frozen=True)
class ImageSources:
    """Images that features are computed from.

    Attributes:
        draw: returns the training examples, augmented.
        draw_outliers: returns images of other laboratories, augmented; None without outlier exposure.
    """

    draw: Draw
    draw_outliers: Draw | None = None


@dataclass(frozen=True)
class CachedFeatures:
    """Features (N, F) of N images and their classes (N,); outliers, which have no class, come last."""

    features: Features
    classes: NDArray[np.int64]

    @property
    def labelled(self) -> int:
        """Number of images that have a class."""
        return int((self.classes != NO_CLASS).sum())

    def select(self, columns: slice) -> "CachedFeatures":
        """Return the features in some columns, such as those of one branch."""
        return CachedFeatures(self.features[:, columns], self.classes)


@dataclass(frozen=True)
class Standardiser:
    """Mean (F,) and deviation of a branch's features; a linear head converges faster on standardised ones."""

    mean: Features
    deviation: np.float32

    def apply(self, cached: CachedFeatures) -> CachedFeatures:
        """Return features with mean zero and a mean deviation of one."""
        return CachedFeatures((cached.features - self.mean) / self.deviation, cached.classes)

    def fold_into(self, kernel: Features, bias: Features) -> tuple[Features, Features]:
        """Return kernel (F, C) and bias (C,) that give on the raw features what these give on standardised ones."""
        shift = (self.mean / self.deviation) @ kernel
        return kernel / self.deviation, (bias - shift).astype(np.float32)


def fit_standardiser(cached: CachedFeatures) -> Standardiser:
    """Measure mean and deviation on the images with a class; all features share one deviation."""
    labelled = cached.features[: cached.labelled]
    return Standardiser(labelled.mean(axis=0), np.float32(max(float(labelled.std(axis=0).mean()), 1e-6)))


@dataclass(frozen=True)
class Batch:
    """Inputs of one optimizer step: features (B, F), classes (B,) and weights (B,)."""

    features: Features
    classes: NDArray[np.int64]
    weights: NDArray[np.float32]


def feature_widths(model: keras.Model, branches: tuple[str, ...]) -> list[int]:
    """Return the number of features of each branch."""
    return [model.get_layer(f"{name}_pooling").output.shape[-1] for name in branches]


def load_features(
    folder: Path, model: keras.Model, branches: tuple[str, ...], sources: ImageSources, epoch: int, stage: Stage
) -> CachedFeatures:
    """Return the features of all images as augmented from an epoch on, from the folder or else computed.

    Args:
        folder: where computed features are kept; it belongs to one training run.
        model: holds the branches.
        branches: names of the backbones, in the order of the columns.
        sources: the images.
        epoch: the first of those that train on this draw, from 0; the seed of the augmentation.
        stage: its size and strength of augmentation.
    """
    file = folder / f"features-{epoch:04d}.npz"
    if not file.is_file():
        drawn = [draw(epoch, stage) for draw in (sources.draw, sources.draw_outliers) if draw]
        features = [
            np.concatenate([extract_features(model, name, pixels) for name in branches], axis=1) for pixels in drawn
        ]
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished.npz")
        classes = np.concatenate([pixels.classes for pixels in drawn])
        np.savez(unfinished, features=np.concatenate(features), classes=classes)
        sync_to_disk(unfinished)
        unfinished.replace(file)
    with np.load(file) as stored:
        return CachedFeatures(stored["features"], stored["classes"])


def make_batch(
    cached: CachedFeatures,
    chosen: NDArray[np.int64],
    widths: list[int],
    recipe: Recipe,
    generator: np.random.Generator,
) -> Batch:
    """Return the chosen examples and some outliers, each outlier once for every class with equal weights.

    Args:
        cached: features of all images.
        chosen: (B,) indices of examples.
        widths: number of features of each branch.
        recipe: branch dropout, class weights and weight of the outliers.
        generator: of the branch dropout and of the choice of outliers.
    """
    count, classes = len(chosen), len(recipe.classes)
    weights = class_weights(cached.classes[: cached.labelled], recipe)[chosen]
    if cached.labelled < len(cached.classes):
        number = max(1, count // EXAMPLES_PER_OUTLIER)
        chosen = np.concatenate([chosen, generator.integers(cached.labelled, len(cached.classes), size=number)])
    rows = _drop_branches(cached.features[chosen], widths, recipe.branch_dropout, generator)
    outliers = np.repeat(rows[count:], classes, axis=0)
    outlier_weight = recipe.outlier_exposure * weights.sum() / max(1, len(outliers))
    return Batch(
        np.concatenate([rows[:count], outliers]),
        np.concatenate([cached.classes[chosen[:count]], np.tile(np.arange(classes), len(rows) - count)]),
        np.concatenate([weights, np.full(len(outliers), outlier_weight, np.float32)]),
    )


def _drop_branches(features: Features, widths: list[int], rate: float, generator: np.random.Generator) -> Features:
    """Return features (B, F) with whole branches set to zero at a rate; each example keeps at least one branch."""
    dropped = generator.random((len(features), len(widths))) < rate
    dropped[np.arange(len(features)), generator.integers(len(widths), size=len(features))] = False
    return features * ~np.repeat(dropped, widths, axis=1)
