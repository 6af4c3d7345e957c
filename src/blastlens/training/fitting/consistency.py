"""Consistency regularisation of a branch against features of unchanged images.

The features of an image with other stain, light and focus are fitted to the branch's features of the same image
without these changes (after Xie et al. 2020, "Unsupervised Data Augmentation for Consistency Training", arXiv
1904.12848, but with fixed targets). Fixed targets keep the classes that the branch can separate.
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
    phase: Phase,
    trained: keras.Model,
    recipe: Recipe,
    draw: Callable[[int, Stage], Pairs],
    report: Callable[[Progress], None],
) -> keras.Model:
    """Train a branch against its own features, from the newest checkpoint of the phase.

    Batch norms are frozen, so that targets and outputs are computed with the same statistics.

    Args:
        phase: stages and folder; its `build` is not called.
        trained: model of one branch with the layer names of `architectures.build_model`; it is not changed.
        recipe: of that one branch.
        draw: returns the pairs, augmented at a stage's strength; the first argument is the seed.
        report: called after every step.

    Returns:
        A model from the image to pooled features (N, F) that contains the branch.
    """
    name = recipe.branches[0].name
    teacher = keras.Model(trained.inputs, trained.get_layer(f"{name}_pooling").output)

    def build_student() -> keras.Model:
        model = keras.models.clone_model(teacher)
        model.set_weights(teacher.get_weights())
        for layer in model.get_layer(name)._flatten_layers():
            layer.trainable = layer.trainable and not isinstance(layer, keras.layers.BatchNormalization)
        model.compile(optimizer=keras.optimizers.Adam(phase.stages[0].learning_rate), loss="mse")
        return model

    step = partial(_train_on_pairs, teacher, recipe)
    objective = Objective(draw, step, len, metric="explained variance", classifies_images=False)
    return run_phase(replace(phase, build=build_student), recipe, objective, report)


def _train_on_pairs(
    teacher: keras.Model,
    recipe: Recipe,
    model: keras.Model,
    pairs: Pairs,
    chosen: NDArray[np.int64],
    stage: Stage,
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Take one step; return the mean squared error and the explained share of the targets' variance, (2,) float64."""
    seed = int(generator.integers(2**32))

    def inputs(pixels: Pixels) -> list[NDArray[np.float32]]:
        """Return the chosen images; both calls mirror and turn them in the same way."""
        images = [(pixels.images[index], pixels.mask_shares[index]) for index in chosen]
        return augmented_inputs(model, images, recipe.augmentation, np.random.default_rng(seed))

    targets = np.asarray(teacher.predict_on_batch(inputs(pairs.plain)))  # (B, F)
    model.reset_metrics()
    loss = float(np.ravel(model.train_on_batch(inputs(pairs.changed), targets))[0])
    return np.array([loss, 1.0 - loss / max(float(targets.var(axis=0).mean()), 1e-12)])
