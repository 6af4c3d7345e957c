"""Teaches a model the classes of examples."""

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
"""Gives the training part, varied as a stage says: (seed of the variation, stage) to pixels."""


def fit_supervised(part: Phase, recipe: Recipe, draw: Draw, report: Callable[[Progress], None]) -> keras.Model:
    """Train a model on the classes of examples, going on from the newest checkpoint of its part.

    Args:
        part: which model, and how long.
        recipe: batch, augmentation and balance.
        draw: gives the examples, varied.
        report: called after every step.

    Raises:
        InvalidData: the folder holds another run, or there are fewer examples than a batch.
    """
    begun = replace(part, build=lambda: compile_model(part.build(), part.stages[0].learning_rate))
    return run_phase(begun, recipe, Objective(draw, partial(_train_step, recipe)), report)


def compile_model(model: keras.Model, rate: float) -> keras.Model:
    """Make a model ready to learn at a rate."""
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        weighted_metrics=["accuracy"],
    )
    return model


def _train_step(
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
    classes, weights = (each[chosen] for each in _taught(pixels.classes, recipe, generator))
    inputs = augmented_inputs(model, pairs, recipe.augmentation, generator)
    outcome = model.train_on_batch(inputs, classes, sample_weight=weights)
    return np.asarray(outcome, dtype=np.float64)


def _taught(
    classes: NDArray[np.int64], recipe: Recipe, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the class (N,) that each image is said to have and how much it weighs (N,).

    One without a class is said to have any of them, another every time: on average every class is then equally right.
    """
    strange = classes == NO_CLASS
    if not strange.any():
        return classes, class_weights(classes, recipe)
    said, weights = classes.copy(), np.empty(len(classes), np.float32)
    said[strange] = generator.integers(len(recipe.classes), size=int(strange.sum()))
    weights[~strange] = class_weights(classes[~strange], recipe)
    weights[strange] = recipe.outlier_exposure * weights[~strange].sum() / strange.sum()
    return said, weights


def class_weights(classes: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float32]:
    """Return how much each example (N,) weighs: as much as any, or its class as much as any class."""
    if not recipe.balanced:
        return np.ones(len(classes), np.float32)
    counts = np.bincount(classes, minlength=len(recipe.classes))
    return (len(classes) / (len(recipe.classes) * np.maximum(counts, 1)))[classes].astype(np.float32)
