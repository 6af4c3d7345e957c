"""Lets the head learn alone. The backbones stay as they are, so what they say of a variation is computed once."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.epochs import Part, Progress, batches, learning_rate
from blastlens.training.fit import Draw, class_weights, compiled
from blastlens.training.recipes import Recipe
from blastlens.training.scaling import pooled

Features = NDArray[np.float32]


def fit_head(
    part: Part, model: keras.Model, recipe: Recipe, draw: Draw, report: Callable[[Progress], None]
) -> keras.Model:
    """Train a model's dense layers, in place, on the pooled maps of its branches.

    Features of a variation are kept in the part's folder: an interrupted run goes on after the last whole variation.

    Args:
        part: stages and folder; its `build` is not asked.
        model: with backbones that have learned.
        recipe: batch, balance, branches, and how often one of them is not heard.
        draw: gives the examples, varied.
        report: called after every step.
    """
    branches = tuple(branch.name for branch in recipe.branches)
    head = compiled(_head_of(model, branches), part.stages[0].learning_rate)
    epochs = [(stage, within) for stage in part.stages for within in range(stage.epochs)]
    features, classes = np.zeros((0, 0), np.float32), np.zeros(0, np.int64)
    widths = [model.get_layer(f"{name}_pooling").output.shape[-1] for name in branches]
    for epoch, (stage, within) in enumerate(epochs):
        if within % (stage.renew or recipe.renew) == 0:
            features, classes = _looked_up(part, model, branches, draw, epoch)
        generator = np.random.default_rng([part.seed, epoch])
        means, steps = np.zeros(2), max(1, len(classes) // recipe.batch)
        for step, chosen in enumerate(batches(len(classes), recipe.batch, generator)):
            head.optimizer.learning_rate = learning_rate(stage, within * steps + step, steps)
            heard = _drop_branches(features[chosen], widths, recipe.branch_dropout, generator)
            head.reset_metrics()
            weights = class_weights(classes, recipe)[chosen]
            outcome = head.train_on_batch(heard, classes[chosen], sample_weight=weights)
            means += (np.asarray(outcome, np.float64) - means) / (step + 1)
            loss, accuracy = map(float, means)
            report(Progress(part.name, epoch + 1, len(epochs), stage.size, step + 1, steps, loss, accuracy))
    return model


def _head_of(model: keras.Model, branches: tuple[str, ...]) -> keras.Model:
    """Return the dense layers of a model, shared with it, as a model of the joined features."""
    joined = model.get_layer("fused") if len(branches) > 1 else model.get_layer(f"{branches[0]}_pooling")
    features = keras.Input(joined.output.shape[1:])
    hidden = features
    for layer in model.layers[model.layers.index(joined) + 1 :]:
        hidden = layer(hidden)
    return keras.Model(features, hidden)


def _looked_up(
    part: Part, model: keras.Model, branches: tuple[str, ...], draw: Draw, epoch: int
) -> tuple[Features, NDArray[np.int64]]:
    """Return the features (N, F) and classes (N,) of the variation that begins with an epoch."""
    file = Path(part.work) / f"features-{part.run[:12]}-{epoch:04d}.npz"
    if not file.is_file():
        stage = [stage for stage in part.stages for _ in range(stage.epochs)][epoch]
        pixels = draw(epoch, stage)
        features = np.concatenate([pooled(model, name, pixels) for name in branches], axis=1)
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished.npz")
        np.savez(unfinished, features=features, classes=pixels.classes)
        unfinished.replace(file)
    with np.load(file) as stored:
        return stored["features"], stored["classes"]


def _drop_branches(features: Features, widths: list[int], rate: float, generator: np.random.Generator) -> Features:
    """Return features (B, F) with whole branches, of these widths, silenced at a rate; one stays in every example."""
    silent = generator.random((len(features), len(widths))) < rate
    silent[np.arange(len(features)), generator.integers(len(widths), size=len(features))] = False
    return features * ~np.repeat(silent, widths, axis=1)
