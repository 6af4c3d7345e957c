"""From examples to a trained model: each branch alone where the recipe says so, then the whole."""

from dataclasses import replace
from functools import partial

import keras
import tensorflow as tf

from blastlens.domain.errors import InvalidData
from blastlens.training.data.arrays import subsample
from blastlens.training.fitting.branch_pretraining import (
    STATISTICS_EXAMPLES,
    TrainingContext,
    finalise,
    pretrain_branch,
)
from blastlens.training.fitting.feature_cache import ImageSources
from blastlens.training.fitting.heads import fit_head, fit_separate_heads
from blastlens.training.fitting.loader import DataLoader
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.fitting.supervised import fit_supervised
from blastlens.training.models.architectures import build_from_branches, rebuild
from blastlens.training.models.features import equalise_branches
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.progress import ProgressReporter
from blastlens.training.recipes.recipe import Recipe


def train_model(lesson: TrainingRun, watcher: ProgressReporter) -> keras.Model:
    """Train a recipe's model; equal lessons give equal weights on one kind of processor.

    Args:
        lesson: what to learn from, and how.
        watcher: is told what happens.

    Returns:
        A float32 model whose weights lie on the int8 grid that ships, with batch-norm statistics that fit them.

    Raises:
        InvalidData: the examples cannot be read, the folder holds another training, the package to start from is
            missing or of another recipe, the recipe's heads cannot learn apart, or there are no images of other
            laboratories where the recipe asks for them, or some where it does not.
    """
    tf.config.experimental.enable_op_determinism()
    recipe, seed = lesson.recipe, lesson.seed
    _check(lesson)
    room = TrainingContext(lesson, DataLoader(lesson, watcher), watcher)
    alone = {
        branch.name: pretrain_branch(branch, room)
        for branch in recipe.branches
        if branch.stages or branch.consistency_stages or branch.weights == "package"
    }
    run, work = lesson.identity_without_stages(recipe), lesson.work
    build = partial(build_from_branches, alone, recipe, seed)
    whole = Phase("whole", build, recipe.stages, seed, run, work / "whole", watcher.say)
    if recipe.head_stages:
        head = Phase("head", whole.build, recipe.head_stages, seed, run, work / "head", watcher.say)
        watcher.say("Training the head on what the branches learned.")
        taught = _learn_head(head, recipe, room)
        whole = replace(whole, build=partial(rebuild, taught, recipe.precision, recipe, seed))
    if not recipe.stages:
        model = whole.build()
        round_weights(model)
        return model
    watcher.say(f"Training the whole model; an interrupted run goes on from {lesson.work}.")
    model = rebuild(
        fit_supervised(whole, recipe, room.material.load_with_outliers, watcher.step), "float32", recipe, seed
    )
    return finalise(model, room, recipe.size)


def _learn_head(part: Phase, recipe: Recipe, room: TrainingContext) -> keras.Model:
    model = part.build()
    plain = subsample(room.material.load_plain(recipe.size), STATISTICS_EXAMPLES)
    equalise_branches(model, tuple(branch.name for branch in recipe.branches), plain)
    heard = ImageSources(room.material.load_augmented, room.material.load_outliers if recipe.outlier_exposure else None)
    if recipe.heads == "separate":
        return fit_separate_heads(
            part, model, recipe, heard, room.material.load_calibration(recipe.size), room.watcher.step
        )
    return fit_head(part, model, recipe, heard, room.watcher.step)


def _check(lesson: TrainingRun) -> None:
    recipe = lesson.recipe
    if recipe.heads == "separate" and (recipe.head_widths or not recipe.head_stages):
        raise InvalidData(
            f"the recipe {recipe.name} lets heads learn apart: they are linear, and learn alone. Leave head_widths "
            "empty and give it head_stages."
        )
    if recipe.outlier_exposure and not lesson.outliers:
        raise InvalidData(
            f"the recipe {recipe.name} teaches the model not to know smears of other laboratories: name a folder of "
            "such images with --unfamiliar."
        )
    if lesson.outliers and not (recipe.outlier_exposure and (recipe.head_stages or recipe.stages)):
        raise InvalidData(
            f"the recipe {recipe.name} learns nothing from images of other laboratories: leave out --unfamiliar."
        )
