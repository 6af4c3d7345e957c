"""Fitting of the cell network, with a checkpoint after each epoch."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from blastlens.imaging.cell_crops import CROP_SIDE
from blastlens.training.cells.batches import draw_epoch, list_strata, make_batches
from blastlens.training.cells.crop_set import CropSet
from blastlens.training.cells.network import any_right_answer, build_network
from blastlens.training.cells.recipe import CellRecipe
from blastlens.training.fitting.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from blastlens.training.progress import Progress

_WARM_UP = 0.05


def fit_network(
    crops: CropSet, recipe: CellRecipe, seed: int, work: Path, report: Callable[[Progress], None]
) -> keras.Model:
    """Train the cell network, from the newest checkpoint in `work`.

    Args:
        crops: of the training part and of other laboratories.
        recipe: network and amounts.
        seed: of weights, order and augmentation.
        work: folder for checkpoints.
        report: shows progress after each step.

    Raises:
        InvalidData: `work` holds checkpoints of another training.
    """
    identity = hashlib.sha256(f"{recipe} {seed} {crops.crops.shape} {crops.targets.sum()}".encode()).hexdigest()
    begun = load_checkpoint(work, lambda epochs: identity) if work.is_dir() else None
    strata = list_strata(crops)
    planned = recipe.epochs * (recipe.crops_per_epoch // recipe.batch)
    model = _compile(build_network(recipe, seed), recipe, planned) if begun is None else begun.model
    for epoch in range(begun.epochs if begun else 0, recipe.epochs):
        generator = np.random.default_rng([seed, epoch])
        order = draw_epoch(strata, recipe.crops_per_epoch, generator)
        steps = len(order) // recipe.batch
        model.reset_metrics()
        for step, (images, targets) in enumerate(make_batches(crops, order, recipe, generator), 1):
            loss = float(model.train_on_batch(images, targets))  # the mean over the epoch so far
            shown = (epoch + 1, recipe.epochs, CROP_SIDE, step, steps, loss, float(np.exp(-loss)), "probability")
            report(Progress("cells", *shown))
        save_checkpoint(work, Checkpoint(model, epoch + 1), identity)
    return model


def _compile(model: keras.Model, recipe: CellRecipe, steps: int) -> keras.Model:
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - int(steps * _WARM_UP), warmup_target=recipe.learning_rate, warmup_steps=int(steps * _WARM_UP)
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)
    model.compile(optimizer, loss=any_right_answer)
    return model
