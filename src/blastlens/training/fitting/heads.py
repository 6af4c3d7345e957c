"""Lets the head learn alone: one that hears all branches, or one for each branch, of which the mean counts."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import keras
import numpy as np

from blastlens.training.data.arrays import Pixels
from blastlens.training.evaluation.calibration import calibrate
from blastlens.training.fitting.feature_cache import (
    CachedFeatures,
    Features,
    ImageSources,
    feature_widths,
    fit_standardiser,
    load_features,
    make_batch,
)
from blastlens.training.fitting.loop import Phase, batches, learning_rate
from blastlens.training.fitting.supervised import compile_model
from blastlens.training.models.features import extract_features
from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import Recipe

_RIDGE = 1e-4  # on the squared weights of a branch's own head


def fit_head(
    part: Phase, model: keras.Model, recipe: Recipe, heard: ImageSources, report: Callable[[Progress], None]
) -> keras.Model:
    """Train a model's dense layers, in place, on the pooled maps of its branches.

    Features of a variation are kept in the part's folder: an interrupted run goes on after the last whole variation.

    Args:
        part: stages and folder; its `build` is not asked.
        model: with backbones that have learned.
        recipe: batch, balance, branches, how often one of them is not heard, and what other laboratories weigh.
        heard: gives the images.
        report: called after every step; images of other laboratories, of which no answer is right, count in its
            accuracy by their weight.
    """
    branches = tuple(branch.name for branch in recipe.branches)
    head = _head_of(model, branches)
    look = partial(load_features, part, model, branches, heard)
    _teach(head, part, recipe, feature_widths(model, branches), look, report)
    return model


def fit_separate_heads(
    part: Phase,
    model: keras.Model,
    recipe: Recipe,
    heard: ImageSources,
    calibration: Pixels | None,
    report: Callable[[Progress], None],
) -> keras.Model:
    """Train a linear head for each branch, and give the model's last layer the mean of their logits, in place.

    A head that hears all branches leans on the one that remembers the examples best. Heads that learn apart cannot, and
    each is brought to its own temperature before it counts: their product is a product of experts (Hinton 2002,
    "Training Products of Experts by Minimizing Contrastive Divergence", Neural Computation 14), its logits a mean.

    Args:
        part: as `fit_head` takes it.
        model: likewise, without hidden layers in its head.
        recipe: likewise; every branch is heard always.
        heard: likewise.
        calibration: examples that nothing was learned from, unvaried, for the temperatures; None for none.
        report: likewise.
    """
    branches = tuple(branch.name for branch in recipe.branches)
    widths = feature_widths(model, branches)
    look = cache(partial(load_features, part, model, branches, heard))  # all heads hear the same variations
    kernels, biases = [], []
    for name, end, width in zip(branches, np.cumsum(widths), widths, strict=True):
        own = replace(part, name=f"head of {name}")
        kernel, bias = _learned_apart(own, recipe, look, slice(int(end) - width, int(end)), report)
        temperature = _temperature(kernel, bias, model, name, calibration)
        kernels.append(kernel / temperature)
        biases.append(bias / temperature)
    shares = len(branches)
    model.get_layer("probabilities").set_weights([np.concatenate(kernels) / shares, np.sum(biases, axis=0) / shares])
    return model


def _learned_apart(
    part: Phase,
    recipe: Recipe,
    look: Callable[[int], CachedFeatures],
    columns: slice,
    report: Callable[[Progress], None],
) -> tuple[Features, Features]:
    """Train a linear head on the features in some columns; return its kernel (F, C) and bias (C,)."""
    level = fit_standardiser(look(0).of(columns))
    width = len(level.mean)
    head = _linear(width, recipe)
    _teach(head, part, recipe, [width], lambda epoch: level.bring(look(epoch).of(columns)), report)
    return level.unapply(*head.get_weights())


def _teach(
    head: keras.Model,
    part: Phase,
    recipe: Recipe,
    widths: list[int],
    said_in: Callable[[int], CachedFeatures],
    report: Callable[[Progress], None],
) -> None:
    """Take a head, in place, through all epochs; `said_in` gives what branches of these widths say of a variation."""
    compile_model(head, part.stages[0].learning_rate)
    epochs = [(stage, within) for stage in part.stages for within in range(stage.epochs)]
    said = CachedFeatures(np.zeros((0, sum(widths)), np.float32), np.zeros(0, np.int64))
    for epoch, (stage, within) in enumerate(epochs):
        if within % (stage.redraw_every or recipe.redraw_every) == 0:
            said = said_in(epoch)
        generator = np.random.default_rng([part.seed, epoch])
        means, steps = np.zeros(2), max(1, said.known // recipe.batch)
        for step, chosen in enumerate(batches(said.known, recipe.batch, generator)):
            head.optimizer.learning_rate = learning_rate(stage, within * steps + step, steps)
            head.reset_metrics()
            shown = make_batch(said, chosen, widths, recipe, generator)
            outcome = head.train_on_batch(shown.features, shown.classes, sample_weight=shown.weights)
            means += (np.asarray(outcome, np.float64) - means) / (step + 1)
            loss, accuracy = map(float, means)
            report(Progress(part.name, epoch + 1, len(epochs), stage.size, step + 1, steps, loss, accuracy))


def _head_of(model: keras.Model, branches: tuple[str, ...]) -> keras.Model:
    """Return the dense layers of a model, shared with it, as a model of the joined features."""
    joined = model.get_layer("fused") if len(branches) > 1 else model.get_layer(f"{branches[0]}_pooling")
    features = keras.Input(joined.output.shape[1:])
    hidden = features
    for layer in model.layers[model.layers.index(joined) + 1 :]:
        hidden = layer(hidden)
    return keras.Model(features, hidden)


def _linear(width: int, recipe: Recipe) -> keras.Model:
    """Return an untrained linear head of a branch with so many features."""
    dropout = recipe.head_dropouts[0] if recipe.head_dropouts else 0.0
    last = keras.layers.Dense(len(recipe.classes), "softmax", kernel_regularizer=keras.regularizers.L2(_RIDGE))
    return keras.Sequential([keras.Input((width,)), keras.layers.Dropout(dropout), last])


def _temperature(
    kernel: Features, bias: Features, model: keras.Model, branch: str, calibration: Pixels | None
) -> float:
    """Return the temperature at which a branch's own head is calibrated; 1 where there is nothing to find it with."""
    if calibration is None or not len(calibration):
        return 1.0
    logits = (extract_features(model, branch, calibration) @ kernel + bias).astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return calibrate(exponentials / exponentials.sum(axis=1, keepdims=True), calibration.classes).temperature
