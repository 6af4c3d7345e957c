"""Training of heads on cached features: a joint head, or one for each branch."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial

import keras
import numpy as np
from numpy.typing import NDArray

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
from blastlens.training.fitting.loop import Objective, Phase, run_phase
from blastlens.training.fitting.supervised import compile_model
from blastlens.training.models.features import extract_features
from blastlens.training.progress import Progress, head_phase
from blastlens.training.recipes.recipe import Recipe, Stage

DrawFeatures = Callable[[int, Stage], CachedFeatures]
"""Returns the features of all images, augmented at a stage's strength; the first argument is the seed."""

_RIDGE = 1e-4  # on the squared weights of a separate head


def fit_head(
    phase: Phase, model: keras.Model, recipe: Recipe, sources: ImageSources, report: Callable[[Progress], None]
) -> keras.Model:
    """Train the dense layers of a model, in place, on the pooled features of its branches.

    Args:
        phase: stages and folder, which also keeps the features; its `build` is not called.
        model: with trained backbones.
        recipe: batch, class weights, branches, branch dropout and weight of the outliers.
        sources: the images.
        report: called after every step; its accuracy counts outliers, for which every answer is wrong, by weight.
    """
    branches = tuple(branch.name for branch in recipe.branches)
    head = _head_of(model, branches)
    draw = partial(load_features, phase.work, model, branches, sources)
    trained = _run_head_phase(phase, head, recipe, feature_widths(model, branches), draw, report)
    head.set_weights(trained.get_weights())  # a checkpoint's head shares no layers with the model
    return model


def fit_separate_heads(
    phase: Phase,
    model: keras.Model,
    recipe: Recipe,
    sources: ImageSources,
    calibration: Pixels | None,
    report: Callable[[Progress], None],
) -> keras.Model:
    """Train a linear head for each branch, and set the model's last layer, in place, to the mean of their logits.

    A joint head relies most on the branch that overfits most. Separate heads cannot, and each is calibrated by its own
    temperature first. The mean of the logits is a product of experts (Hinton 2002, "Training Products of Experts by
    Minimizing Contrastive Divergence", Neural Computation 14).

    Args:
        phase: as for `fit_head`; each head has its own folder of checkpoints in that of the phase.
        model: as for `fit_head`, without hidden layers in its head.
        recipe: as for `fit_head`; there is no branch dropout.
        sources: the images.
        calibration: unchanged images that nothing was trained on, for the temperatures; None for temperatures of 1.
        report: as for `fit_head`.
    """
    branches = tuple(branch.name for branch in recipe.branches)
    widths = feature_widths(model, branches)
    draw = cache(partial(load_features, phase.work, model, branches, sources))  # all heads train on the same features
    heads = [_linear_head(width, recipe) for width in widths]  # all first: a resumed run draws the same weights
    kernels, biases = [], []
    for name, head, end, width in zip(branches, heads, np.cumsum(widths), widths, strict=True):
        own = replace(phase, name=head_phase(name), work=phase.work / name)
        kernel, bias = _fit_linear_head(own, head, recipe, draw, slice(int(end) - width, int(end)), report)
        temperature = _temperature(kernel, bias, model, name, calibration)
        kernels.append(kernel / temperature)
        biases.append(bias / temperature)
    count = len(branches)
    model.get_layer("probabilities").set_weights([np.concatenate(kernels) / count, np.sum(biases, axis=0) / count])
    return model


def _fit_linear_head(
    phase: Phase,
    head: keras.Model,
    recipe: Recipe,
    draw: DrawFeatures,
    columns: slice,
    report: Callable[[Progress], None],
) -> tuple[Features, Features]:
    """Train a linear head on the features in some columns; return its kernel (F, C) and bias (C,)."""
    standardiser = fit_standardiser(draw(0, phase.stages[0]).select(columns))

    def draw_standardised(epoch: int, stage: Stage) -> CachedFeatures:
        return standardiser.apply(draw(epoch, stage).select(columns))

    trained = _run_head_phase(phase, head, recipe, [len(standardiser.mean)], draw_standardised, report)
    return standardiser.fold_into(*trained.get_weights())


def _run_head_phase(
    phase: Phase,
    head: keras.Model,
    recipe: Recipe,
    widths: list[int],
    draw: DrawFeatures,
    report: Callable[[Progress], None],
) -> keras.Model:
    """Train a head on features of branches of these widths; return it, or its copy from a checkpoint."""

    def step(
        model: keras.Model,
        cached: CachedFeatures,
        chosen: NDArray[np.int64],
        stage: Stage,
        generator: np.random.Generator,
    ) -> NDArray[np.float64]:
        model.reset_metrics()
        batch = make_batch(cached, chosen, widths, recipe, generator)
        results = model.train_on_batch(batch.features, batch.classes, sample_weight=batch.weights)
        return np.asarray(results, np.float64)

    compiled = replace(phase, build=lambda: compile_model(head, phase.stages[0].learning_rate))
    objective = Objective(draw, step, lambda cached: cached.labelled, classifies_images=False)
    return run_phase(compiled, recipe, objective, report)


def _head_of(model: keras.Model, branches: tuple[str, ...]) -> keras.Model:
    """Return a model of the concatenated features that shares the dense layers of a model."""
    joined = model.get_layer("fused") if len(branches) > 1 else model.get_layer(f"{branches[0]}_pooling")
    features = keras.Input(joined.output.shape[1:])
    hidden = features
    for layer in model.layers[model.layers.index(joined) + 1 :]:
        hidden = layer(hidden)
    return keras.Model(features, hidden)


def _linear_head(width: int, recipe: Recipe) -> keras.Model:
    """Return an untrained linear head for a branch with `width` features."""
    dropout = recipe.head_dropouts[0] if recipe.head_dropouts else 0.0
    last = keras.layers.Dense(len(recipe.classes), "softmax", kernel_regularizer=keras.regularizers.L2(_RIDGE))
    return keras.Sequential([keras.Input((width,)), keras.layers.Dropout(dropout), last])


def _temperature(
    kernel: Features, bias: Features, model: keras.Model, branch: str, calibration: Pixels | None
) -> float:
    """Return the temperature that calibrates a separate head; 1 without calibration images."""
    if calibration is None or not len(calibration):
        return 1.0
    logits = (extract_features(model, branch, calibration) @ kernel + bias).astype(np.float64)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return calibrate(exponentials / exponentials.sum(axis=1, keepdims=True), calibration.classes).temperature
