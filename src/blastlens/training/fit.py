"""The training loop, top to bottom."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.imaging.model_input import segmented_input
from blastlens.training.architectures import input_names
from blastlens.training.augmentation import cut_out, mirror_and_turn
from blastlens.training.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from blastlens.training.pixels import Pixels
from blastlens.training.recipes import Recipe, Stage

Draw = Callable[[int, Stage], Pixels]
"""Gives the training part, varied as a stage says: (seed of the variation, stage) to pixels."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands after a step: epoch (from 1), step in the epoch (from 1), means of the epoch so far."""

    part: str
    epoch: int
    epochs: int
    size: int
    step: int
    steps: int
    loss: float
    accuracy: float


@dataclass(frozen=True)
class Part:
    """One model's way through its stages.

    Attributes:
        name: for people, and of its folder of checkpoints.
        build: makes the untrained model.
        stages: what to do.
        seed: of order and augmentation.
        run: what identifies recipe, seed and data.
        work: folder for checkpoints.
    """

    name: str
    build: Callable[[], keras.Model]
    stages: tuple[Stage, ...]
    seed: int
    run: str
    work: Path


def fit(part: Part, recipe: Recipe, draw: Draw, report: Callable[[Progress], None]) -> keras.Model:
    """Train a model, going on from the newest checkpoint of its part.

    Args:
        part: which model, and how long.
        recipe: batch, augmentation and balance.
        draw: gives the examples, varied.
        report: called after every step.

    Raises:
        InvalidData: the folder holds another run, or there are fewer examples than a batch.
    """
    resumed = load_checkpoint(part.work, part.run)
    model = resumed.model if resumed else compiled(part.build(), part.stages[0].learning_rate)
    finished = resumed.epochs if resumed else 0
    epochs = [(stage, within) for stage in part.stages for within in range(stage.epochs)]
    pixels: Pixels | None = None
    for epoch, (stage, within) in enumerate(epochs):
        if epoch < finished:
            continue
        since = within % (stage.renew or recipe.renew)
        if pixels is None or since == 0:
            pixels = draw(epoch - since, stage)
        generator = np.random.default_rng([part.seed, epoch])
        means, steps = np.zeros(2), _steps(pixels, recipe)
        for step, chosen in enumerate(batches(len(pixels), recipe.batch, generator)):
            model.optimizer.learning_rate = learning_rate(stage, within * steps + step, steps)
            means += (_train_step(model, pixels, chosen, recipe, stage, generator) - means) / (step + 1)
            report(Progress(part.name, epoch + 1, len(epochs), stage.size, step + 1, steps, *map(float, means)))
        save_checkpoint(part.work, Checkpoint(model, epoch + 1), part.run)
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


def model_inputs(
    model: keras.Model, images: NDArray[np.uint8], mask_shares: NDArray[np.uint8]
) -> list[NDArray[np.float32]]:
    """Return what a model looks at, each (N, S, S, 3) float32, from images (N, S, S, 3) and mask shares (N, S, S)."""
    return [
        (segmented_input(images, mask_shares) if name == "segmented" else images).astype(np.float32)
        for name in input_names(model)
    ]


def compiled(model: keras.Model, rate: float) -> keras.Model:
    """Make a model ready to learn at a rate."""
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        weighted_metrics=["accuracy"],
    )
    return model


def _steps(pixels: Pixels, recipe: Recipe) -> int:
    if not len(pixels):
        raise InvalidData("there is no example to train on.")
    return max(1, len(pixels) // recipe.batch)


def batches(count: int, batch: int, generator: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield each batch's examples; those left over from whole batches wait for the next epoch."""
    order = generator.permutation(count)
    width = min(batch, count)
    for start in range(0, count - width + 1, width):
        yield order[start : start + width]


def _train_step(
    model: keras.Model,
    pixels: Pixels,
    chosen: NDArray[np.int64],
    recipe: Recipe,
    stage: Stage,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Take one optimizer step; return the batch's loss and accuracy, (2,) float64."""
    pairs = [(pixels.images[index], pixels.mask_shares[index]) for index in chosen]
    if stage.crop:
        pairs = [cut_out(*pair, stage.crop, generator) for pair in pairs]
    pairs = [mirror_and_turn(*pair, recipe.augmentation, generator) for pair in pairs]
    images = np.stack([image for image, _ in pairs])  # (B, S, S, 3)
    shares = np.stack([share for _, share in pairs])  # (B, S, S)
    model.reset_metrics()
    weights = class_weights(pixels.classes, recipe)[chosen]
    inputs = model_inputs(model, images, shares)
    outcome = model.train_on_batch(inputs, pixels.classes[chosen], sample_weight=weights)
    return np.asarray(outcome, dtype=np.float64)


def class_weights(classes: NDArray[np.int64], recipe: Recipe) -> NDArray[np.float32]:
    """Return how much each example (N,) weighs: as much as any, or its class as much as any class."""
    if not recipe.balanced:
        return np.ones(len(classes), np.float32)
    counts = np.bincount(classes, minlength=len(recipe.classes))
    return (len(classes) / (len(recipe.classes) * np.maximum(counts, 1)))[classes].astype(np.float32)
