"""Supervised training of a classifier of images."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.data.arrays import NO_CLASS, Pixels
from blastlens.training.data.augmentation import cut_out
from blastlens.training.fitting.loop import Objective, Phase, run_phase
from blastlens.training.models.inputs import augmented_inputs
from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import Recipe, Stage

Draw = Callable[[int, Stage], Pixels]
"""Returns the training images, augmented at a stage's strength; the first argument is the seed."""


def fit_supervised(phase: Phase, recipe: Recipe, draw: Draw, report: Callable[[Progress], None]) -> keras.Model:
    """Train a model on labelled images, from the newest checkpoint of its phase.

    Args:
        phase: the model, not compiled, and its stages.
        recipe: batch, augmentation and class weights.
        draw: returns the examples, augmented.
        report: called after every step.

    Raises:
        InvalidData: the folder holds another run's or only damaged checkpoints, or there is no example.
    """
    compiled = replace(phase, build=lambda: compile_model(phase.build(), phase.stages[0].learning_rate))
    return run_phase(compiled, recipe, Objective(draw, partial(train_on_images, recipe), len), report)


def compile_model(model: keras.Model, rate: float) -> keras.Model:
    """Compile a classifier with Adam at a learning rate, and return it."""
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        weighted_metrics=["accuracy"],
    )
    return model


def train_on_images(
    recipe: Recipe,
    model: keras.Model,
    pixels: Pixels,
    chosen: NDArray[np.int64],
    stage: Stage,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Take one optimizer step; return the batch's loss and accuracy, (2,) float64."""
    pairs = [(pixels.images[index], pixels.mask_shares[index]) for index in chosen]
    if stage.crop:
        pairs = [cut_out(*pair, stage.crop, generator) for pair in pairs]
    model.reset_metrics()
    classes, weights = (each[chosen] for each in _draw_targets(pixels.classes, recipe, generator))
    inputs = augmented_inputs(model, pairs, recipe.augmentation, generator)
    results = model.train_on_batch(inputs, classes, sample_weight=weights)
    return np.asarray(results, dtype=np.float64)


def _draw_targets(
    classes: NDArray[np.int64], recipe: Recipe, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the target class (N,) and the sample weight (N,) of each image.

    The target of an outlier, which has no class, is drawn at every step: on average all classes are equally likely.
    """
    outliers = classes == NO_CLASS
    if not outliers.any():
        return classes, class_weights(classes, recipe)
    targets, weights = classes.copy(), np.empty(len(classes), np.float32)
    targets[outliers] = generator.integers(len(recipe.classes), size=int(outliers.sum()))
    weights[~outliers] = class_weights(classes[~outliers], recipe)
    weights[outliers] = recipe.outlier_exposure * weights[~outliers].sum() / outliers.sum()
    return targets, weights


def class_weights(classes: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float32]:
    """Return the weight (N,) of each example: 1, or inverse to the size of its class in a balanced recipe."""
    if not recipe.balanced:
        return np.ones(len(classes), np.float32)
    counts = np.bincount(classes, minlength=len(recipe.classes))
    return (len(classes) / (len(recipe.classes) * np.maximum(counts, 1)))[classes].astype(np.float32)
