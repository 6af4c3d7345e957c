"""The training loop, top to bottom."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.imaging.model_input import segmented_input
from blastlens.training.augmentation import augment
from blastlens.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from blastlens.training.pixels import Pixels
from blastlens.training.recipes import Recipe, Stage


@dataclass(frozen=True)
class Progress:
    """Where a training stands after a step: epoch (from 1), step in the epoch (from 1), means of the epoch so far."""

    epoch: int
    size: int
    step: int
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Batch:
    """Original and segmented (B, S, S, 3) uint8 RGB, and classes (B,) int64."""

    original: NDArray[np.uint8]
    segmented: NDArray[np.uint8]
    classes: NDArray[np.int64]


def fit(
    recipe: Recipe,
    build: Callable[[], keras.Model],
    pixels: Pixels,
    seed: int,
    work: Path,
    run: str,
    report: Callable[[Progress], None],
) -> keras.Model:
    """Train by `recipe`, going on from the newest checkpoint under `work`.

    Args:
        recipe: what to do.
        build: makes the untrained model, with the inputs `original` and `segmented` of any size.
        pixels: the training part, at the recipe's size.
        seed: of weights, order and augmentation.
        work: folder for checkpoints.
        run: what identifies recipe, seed and data.
        report: called after every step.

    Raises:
        InvalidData: the folder holds another run, or there are fewer examples than a batch.
    """
    resumed = load_checkpoint(work, run)
    model = resumed.model if resumed else _compiled(build(), recipe)
    finished = resumed.epochs if resumed else 0
    steps = max(1, len(pixels) // recipe.batch)
    for epoch, (stage, within) in enumerate(_epochs(recipe)):
        if epoch < finished:
            continue
        generator = np.random.default_rng([seed, epoch])
        resized = resize(pixels, stage.size)
        means = np.zeros(2)
        for step, batch in enumerate(_batches(resized, recipe, generator)):
            model.optimizer.learning_rate = learning_rate(stage, within * steps + step, steps)
            means += (_train_step(model, batch) - means) / (step + 1)
            report(Progress(epoch + 1, stage.size, step + 1, steps, float(means[0]), float(means[1])))
        save_checkpoint(work, Checkpoint(model, epoch + 1), run)
    return model


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Return the rate at a stage's `step`, with `steps` an epoch: a rise, then flat or a half cosine down to zero."""
    total = stage.epochs * steps
    warm_up = stage.warm_up * total
    if step < warm_up:
        return stage.learning_rate * min(1.0, (step + 1) / warm_up)
    if not stage.cosine:
        return stage.learning_rate
    done = (step - warm_up) / max(1.0, total - warm_up)
    return stage.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))


def resize(pixels: Pixels, size: int) -> Pixels:
    """Return the same examples with images and mask shares of another side, in pixels."""
    if pixels.images.shape[1] == size:
        return pixels
    shape = (size, size)
    images = np.stack([cv2.resize(image, shape, interpolation=cv2.INTER_AREA) for image in pixels.images])
    shares = np.stack([cv2.resize(share, shape, interpolation=cv2.INTER_AREA) for share in pixels.mask_shares])
    return Pixels(images.astype(np.uint8), shares.astype(np.uint8), pixels.classes)


def _epochs(recipe: Recipe) -> list[tuple[Stage, int]]:
    """Return each epoch's stage, and its number within that stage from 0."""
    return [(stage, within) for stage in recipe.stages for within in range(stage.epochs)]


def _compiled(model: keras.Model, recipe: Recipe) -> keras.Model:
    model.compile(
        optimizer=keras.optimizers.Adam(recipe.stages[0].learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def _batches(pixels: Pixels, recipe: Recipe, generator: np.random.Generator) -> Iterator[Batch]:
    """Yield the examples once, in random order, varied; those left over from whole batches wait for the next epoch."""
    order = generator.permutation(len(pixels))
    width = min(recipe.batch, len(pixels))
    for start in range(0, len(pixels) - width + 1, width):
        chosen = order[start : start + width]
        pairs = [
            augment(pixels.images[index], pixels.mask_shares[index], recipe.augmentation, generator) for index in chosen
        ]
        original = np.stack([image for image, _ in pairs])  # (B, S, S, 3)
        shares = np.stack([share for _, share in pairs])  # (B, S, S)
        yield Batch(original, segmented_input(original, shares), pixels.classes[chosen])


def _train_step(model: keras.Model, batch: Batch) -> NDArray[np.float64]:
    """Take one optimizer step; return the batch's loss and accuracy, (2,) float64."""
    model.reset_metrics()
    inputs = [batch.original.astype(np.float32), batch.segmented.astype(np.float32)]
    return np.asarray(model.train_on_batch(inputs, batch.classes), dtype=np.float64)
