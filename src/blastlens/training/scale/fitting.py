"""Training of the scale network, with checkpoints."""

import hashlib
import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.inference.scale import CROP_SIDE
from blastlens.training.fitting.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from blastlens.training.progress import Progress, ProgressReporter
from blastlens.training.scale.crops import CropSources, draw_batch
from blastlens.training.scale.network import build_network, scale_loss
from blastlens.training.scale.recipe import ScaleRecipe

STEPS_PER_EPOCH = 100
_WARM_UP = 0.05
_AHEAD = 3  # batches drawn before they are needed

_Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


def fit_scale(
    sources: CropSources, recipe: ScaleRecipe, seed: int, data: str, work: Path, reporter: ProgressReporter
) -> keras.Model:
    """Train the network, or continue an interrupted training.

    Args:
        sources: what crops are cut from.
        recipe: how.
        seed: of the weights and of all draws.
        data: digest of the sources, by which a checkpoint of other images is refused.
        work: folder of the checkpoints.
        reporter: shows progress.
    """
    run = hashlib.sha256(json.dumps([asdict(recipe), seed, data]).encode()).hexdigest()
    found = load_checkpoint(work, lambda _: run, reporter.message)
    model = found.model if found else _compile(build_network(recipe, seed), recipe)
    epochs = -(-recipe.steps // STEPS_PER_EPOCH)
    begun = found.epochs if found else 0
    batches = _draw_ahead(sources, recipe, seed, range(begun * STEPS_PER_EPOCH, recipe.steps))
    for epoch in range(begun, epochs):
        _run_epoch(model, recipe, batches, epoch, reporter)
        save_checkpoint(work, Checkpoint(model, epoch + 1), run)
    return model


def _run_epoch(
    model: keras.Model, recipe: ScaleRecipe, batches: Iterator[_Batch], epoch: int, reporter: ProgressReporter
) -> None:
    epochs = -(-recipe.steps // STEPS_PER_EPOCH)
    steps = range(epoch * STEPS_PER_EPOCH, min((epoch + 1) * STEPS_PER_EPOCH, recipe.steps))
    losses: list[float] = []
    for number, step in enumerate(steps, start=1):
        model.optimizer.learning_rate = learning_rate(step, recipe)
        crops, targets = next(batches)
        losses.append(float(model.train_on_batch(crops.astype(np.float32), targets)))
        mean = float(np.mean(losses))
        reporter.step(Progress("scale", epoch + 1, epochs, CROP_SIDE, number, len(steps), mean, mean, "loss", False))


def learning_rate(step: int, recipe: ScaleRecipe) -> float:
    """Return the learning rate of a step: a linear warm-up and a half cosine."""
    warm_up = max(1, round(_WARM_UP * recipe.steps))
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, recipe.steps - warm_up)))


def _compile(model: keras.Model, recipe: ScaleRecipe) -> keras.Model:
    optimizer = keras.optimizers.AdamW(recipe.learning_rate, recipe.weight_decay, clipnorm=2.0)
    model.compile(optimizer, scale_loss)
    return model


def _draw_ahead(sources: CropSources, recipe: ScaleRecipe, seed: int, steps: range) -> Iterator[_Batch]:
    """Yield the batch of each step, drawn in a thread; a batch depends on seed and step alone."""
    with ThreadPoolExecutor(1) as pool:
        pending = [pool.submit(_draw, sources, recipe, seed, step) for step in steps[:_AHEAD]]
        for step in steps:
            if step + _AHEAD in steps:
                pending.append(pool.submit(_draw, sources, recipe, seed, step + _AHEAD))
            yield pending.pop(0).result()


def _draw(sources: CropSources, recipe: ScaleRecipe, seed: int, step: int) -> _Batch:
    return draw_batch(sources, recipe, np.random.default_rng([seed, step]))
