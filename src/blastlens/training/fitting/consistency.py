"""Lets a branch learn that stain, light and focus say nothing: of a changed image it shall say what it said before.

The targets are the branch's own features of the unchanged image, so that what it knows of the classes stays (after
Xie et al. 2020, "Unsupervised Data Augmentation for Consistency Training", arXiv 1904.12848, but with fixed targets).
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.training.data.arrays import Pairs, Pixels
from blastlens.training.fitting.loop import Objective, Phase, run_phase
from blastlens.training.models.inputs import augmented_inputs
from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import Recipe, Stage


def fit_consistency(
    part: Phase,
    learned: keras.Model,
    recipe: Recipe,
    draw: Callable[[int, Stage], Pairs],
    report: Callable[[Progress], None],
) -> keras.Model:
    """Train a branch against its own features, going on from the newest checkpoint of the part.

    Batch norms stay as they are, so that targets and outputs are of one kind.

    Args:
        part: stages and folder; its `build` is not asked.
        learned: model of one branch, as `architectures.build_model` names its layers; it stays as it is.
        recipe: of that one branch.
        draw: gives the pairs of a variation.
        report: called after every step.

    Returns:
        A model from image to pooled features (N, F), with the branch in it.
    """
    name = recipe.branches[0].name
    pooling = f"{name}_pooling"
    teacher = keras.Model(learned.inputs, learned.get_layer(pooling).output)

    def pupil() -> keras.Model:
        model = keras.models.clone_model(teacher)
        model.set_weights(teacher.get_weights())
        for layer in model.get_layer(name)._flatten_layers():
            layer.trainable = layer.trainable and not isinstance(layer, keras.layers.BatchNormalization)
        model.compile(optimizer=keras.optimizers.Adam(part.stages[0].learning_rate), loss="mse")
        return model

    step = partial(_step, teacher, recipe)
    return run_phase(replace(part, build=pupil), recipe, Objective(draw, step, "likeness"), report)


def _step(
    teacher: keras.Model,
    recipe: Recipe,
    model: keras.Model,
    pairs: Pairs,
    chosen: NDArray[np.int64],
    stage: Stage,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Take one step; return the mean squared error and the share of the features' variance that is met, (2,)."""
    seed = int(generator.integers(2**32))

    def inputs(pixels: Pixels) -> list[NDArray[np.float32]]:
        pairs = [(pixels.images[index], pixels.mask_shares[index]) for index in chosen]
        return augmented_inputs(model, pairs, recipe.augmentation, np.random.default_rng(seed))  # both alike

    wanted = np.asarray(teacher.predict_on_batch(inputs(pairs.plain)))  # (B, F)
    model.reset_metrics()
    loss = float(np.ravel(model.train_on_batch(inputs(pairs.changed), wanted))[0])
    return np.array([loss, 1.0 - loss / max(float(wanted.var(axis=0).mean()), 1e-12)])
