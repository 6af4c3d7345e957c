"""Lets one backbone learn alone, with a plain head: it need not compete with a quicker learner for the credit."""

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from blastlens.domain.errors import InvalidData
from blastlens.training.data.arrays import subsample
from blastlens.training.fitting.consistency import fit_consistency
from blastlens.training.fitting.loader import DataLoader
from blastlens.training.fitting.loop import Phase
from blastlens.training.fitting.run import TrainingRun
from blastlens.training.fitting.supervised import fit_supervised
from blastlens.training.models.architectures import build_in_precision, with_batch_norm_branch
from blastlens.training.models.batch_norm import fold_batch_norm, recalibrate
from blastlens.training.models.pruning import prune
from blastlens.training.models.tflite_weights import read_widths, restore_branch, restore_statistics
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.progress import ProgressReporter
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage

STATISTICS_EXAMPLES = 512  # examples: more change no mean that matters
_FOR_PRUNING = 256


@dataclass(frozen=True)
class TrainingContext:
    """What learning alone takes from outside.

    Attributes:
        lesson: examples, seed and folder.
        material: the examples as pixels.
        watcher: is told what happens.
    """

    lesson: TrainingRun
    material: DataLoader
    watcher: ProgressReporter


def pretrain_branch(branch: BranchRecipe, room: TrainingContext) -> keras.Model:
    """Train one branch by its own stages: as it starts, by the classes, then against its own features.

    Returns:
        A model of that branch alone, its weights on the int8 grid.

    Raises:
        InvalidData: the package to start from is missing or of another recipe.
    """
    single = _single(branch, room.lesson.recipe)
    model = _learned(branch, single, room) if branch.stages else _begun(branch, single, room)
    return _steadied(model, branch, single, room) if branch.consistency_stages else model


def finalise(model: keras.Model, room: TrainingContext, size: int) -> keras.Model:
    """Round weights to what ships, and bring batch-norm statistics up to date with them."""
    round_weights(model)
    recalibrate(model, room.material.load_plain(size), room.lesson.seed)
    return model


def _single(branch: BranchRecipe, recipe: Recipe) -> Recipe:
    return replace(
        recipe,
        name=branch.name,
        about="",
        branches=(replace(branch, stages=(), consistency_stages=()),),
        stages=branch.stages,
        head_stages=(),
        frozen=False,
        outlier_exposure=0.0,
        precision="float32",
        head_widths=(),
        head_dropouts=recipe.head_dropouts[:1],
    )


def _learned(branch: BranchRecipe, single: Recipe, room: TrainingContext) -> keras.Model:
    """Train by the classes."""
    seed, work = room.lesson.seed, room.lesson.work

    def build() -> keras.Model:
        model = _begun(branch, single, room)
        return _normed(model, branch, single.size, room) if branch.batch_norm else model

    run, say = room.lesson.identity_without_stages(single), room.watcher.say
    part = Phase(branch.name, build, branch.stages, seed, run, work / branch.name, say)
    room.watcher.say(f"Training {branch.name} alone; an interrupted run goes on from {work}.")
    model = fit_supervised(part, single, room.material.load_augmented, room.watcher.step)
    if not branch.batch_norm:
        return finalise(model, room, single.size)
    recalibrate(model, subsample(room.material.load_plain(room.lesson.recipe.size), STATISTICS_EXAMPLES), seed)
    folded = build_in_precision("float32", single, seed)
    fold_batch_norm(model.get_layer(branch.name), folded.get_layer(branch.name))
    round_weights(folded)
    return folded


def _normed(model: keras.Model, branch: BranchRecipe, size: int, room: TrainingContext) -> keras.Model:
    """Put norms into a branch; where it has learned already, ones that leave what it computes as it is."""
    normed = with_batch_norm_branch(model, branch.name)
    if branch.weights == "package":
        restore_statistics(normed, branch.name, subsample(room.material.load_plain(size), STATISTICS_EXAMPLES))
    return normed


def _begun(branch: BranchRecipe, single: Recipe, room: TrainingContext) -> keras.Model:
    """Build what a branch starts as: random, borrowed, or what a package learned, pruned where it is too wide."""
    seed = room.lesson.seed
    model = build_in_precision(branch.precision, single, seed)
    if branch.weights != "package":
        return model
    graph = _graph_to_start_from(branch, room.lesson)
    size = single.stages[-1].size if single.stages else room.lesson.recipe.size
    found = read_widths(graph, model, branch.name) if branch.widths else ()
    if found == branch.widths:
        restore_branch(model, branch.name, graph)
        restore_statistics(model, branch.name, subsample(room.material.load_plain(size), STATISTICS_EXAMPLES))
        return model
    wider = build_in_precision("float32", replace(single, branches=(replace(single.branches[0], widths=found),)), seed)
    restore_branch(wider, branch.name, graph)
    room.watcher.say(f"Pruning {branch.name} from {sum(found)} to {sum(branch.widths)} channels.")
    images = subsample(room.material.load_augmented(0, Stage(size, 1)), _FOR_PRUNING).images.astype(np.float32)
    scaled = np.asarray(wider.get_layer(f"{branch.name}_scaling")(images))
    prune(wider.get_layer(branch.name), model.get_layer(branch.name), scaled, seed)
    round_weights(model)
    return model


def _graph_to_start_from(branch: BranchRecipe, lesson: TrainingRun) -> Path:
    if lesson.start is None:
        raise InvalidData(f"{branch.name} goes on from a model package: name it with --start PACKAGE.")
    return lesson.start.graph


def _steadied(model: keras.Model, branch: BranchRecipe, single: Recipe, room: TrainingContext) -> keras.Model:
    """Train against the branch's own features; statistics of batch norms stay those of what it started as."""
    name = f"{branch.name}_steady"
    lesson, say = room.lesson, room.watcher.say
    part = Phase(
        name, keras.Model, branch.consistency_stages, lesson.seed, lesson.identity_of(single), lesson.work / name, say
    )
    room.watcher.say(f"Steadying {branch.name} against changes of stain and light.")
    steadied = fit_consistency(part, model, single, room.material.load_pairs, room.watcher.step)
    model.get_layer(branch.name).set_weights(steadied.get_layer(branch.name).get_weights())
    round_weights(model)
    return model
