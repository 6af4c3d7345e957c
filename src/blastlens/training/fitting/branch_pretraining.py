"""Lets one backbone learn alone, with a plain head: it need not compete with a quicker learner for the credit."""

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from blastlens.domain.errors import InvalidData
from blastlens.training.data.arrays import some
from blastlens.training.fitting.consistency import steady
from blastlens.training.fitting.loader import Material
from blastlens.training.fitting.loop import Part
from blastlens.training.fitting.run import Lesson
from blastlens.training.fitting.supervised import fit
from blastlens.training.models.architectures import build_in, with_normed_branch
from blastlens.training.models.batch_norm import fold_norms, recalibrate
from blastlens.training.models.pruning import prune
from blastlens.training.models.tflite_weights import restore_branch, settle_statistics, widths_in
from blastlens.training.models.weight_rounding import round_weights
from blastlens.training.progress import Watcher
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage

FOR_STATISTICS = 512  # examples: more change no mean that matters
_FOR_PRUNING = 256


@dataclass(frozen=True)
class Room:
    """What learning alone takes from outside.

    Attributes:
        lesson: examples, seed and folder.
        material: the examples as pixels.
        watcher: is told what happens.
    """

    lesson: Lesson
    material: Material
    watcher: Watcher


def learn_alone(branch: BranchRecipe, room: Room) -> keras.Model:
    """Train one branch by its own stages: as it starts, by the classes, then against its own features.

    Returns:
        A model of that branch alone, its weights on the int8 grid.

    Raises:
        InvalidData: the package to start from is missing or of another recipe.
    """
    single = _single(branch, room.lesson.recipe)
    model = _learned(branch, single, room) if branch.stages else _begun(branch, single, room)
    return _steadied(model, branch, single, room) if branch.steady else model


def settled(model: keras.Model, room: Room, size: int) -> keras.Model:
    """Round weights to what ships, and bring batch-norm statistics up to date with them."""
    round_weights(model)
    recalibrate(model, room.material.as_it_is(size), room.lesson.seed)
    return model


def _single(branch: BranchRecipe, recipe: Recipe) -> Recipe:
    return replace(
        recipe,
        name=branch.name,
        about="",
        branches=(replace(branch, stages=(), steady=()),),
        stages=branch.stages,
        head_stages=(),
        frozen=False,
        unfamiliar=0.0,
        precision="float32",
        head_widths=(),
        head_dropouts=recipe.head_dropouts[:1],
    )


def _learned(branch: BranchRecipe, single: Recipe, room: Room) -> keras.Model:
    """Train by the classes."""
    seed, work = room.lesson.seed, room.lesson.work

    def build() -> keras.Model:
        model = _begun(branch, single, room)
        return _normed(model, branch, single.size, room) if branch.norms else model

    run, say = room.lesson.run_to(single), room.watcher.say
    part = Part(branch.name, build, branch.stages, seed, run, work / branch.name, say)
    room.watcher.say(f"Training {branch.name} alone; an interrupted run goes on from {work}.")
    model = fit(part, single, room.material.varied, room.watcher.step)
    if not branch.norms:
        return settled(model, room, single.size)
    recalibrate(model, some(room.material.as_it_is(room.lesson.recipe.size), FOR_STATISTICS), seed)
    folded = build_in("float32", single, seed)
    fold_norms(model.get_layer(branch.name), folded.get_layer(branch.name))
    round_weights(folded)
    return folded


def _normed(model: keras.Model, branch: BranchRecipe, size: int, room: Room) -> keras.Model:
    """Put norms into a branch; where it has learned already, ones that leave what it computes as it is."""
    normed = with_normed_branch(model, branch.name)
    if branch.weights == "package":
        settle_statistics(normed, branch.name, some(room.material.as_it_is(size), FOR_STATISTICS))
    return normed


def _begun(branch: BranchRecipe, single: Recipe, room: Room) -> keras.Model:
    """Build what a branch starts as: random, borrowed, or what a package learned, pruned where it is too wide."""
    seed = room.lesson.seed
    model = build_in(branch.precision, single, seed)
    if branch.weights != "package":
        return model
    graph = _graph_to_start_from(branch, room.lesson)
    size = single.stages[-1].size if single.stages else room.lesson.recipe.size
    found = widths_in(graph, model, branch.name) if branch.widths else ()
    if found == branch.widths:
        restore_branch(model, branch.name, graph)
        settle_statistics(model, branch.name, some(room.material.as_it_is(size), FOR_STATISTICS))
        return model
    wider = build_in("float32", replace(single, branches=(replace(single.branches[0], widths=found),)), seed)
    restore_branch(wider, branch.name, graph)
    room.watcher.say(f"Pruning {branch.name} from {sum(found)} to {sum(branch.widths)} channels.")
    images = some(room.material.varied(0, Stage(size, 1)), _FOR_PRUNING).images.astype(np.float32)
    scaled = np.asarray(wider.get_layer(f"{branch.name}_scaling")(images))
    prune(wider.get_layer(branch.name), model.get_layer(branch.name), scaled, seed)
    round_weights(model)
    return model


def _graph_to_start_from(branch: BranchRecipe, lesson: Lesson) -> Path:
    if lesson.start is None:
        raise InvalidData(f"{branch.name} goes on from a model package: name it with --start PACKAGE.")
    return lesson.start.graph


def _steadied(model: keras.Model, branch: BranchRecipe, single: Recipe, room: Room) -> keras.Model:
    """Train against the branch's own features; statistics of batch norms stay those of what it started as."""
    name = f"{branch.name}_steady"
    lesson, say = room.lesson, room.watcher.say
    part = Part(name, keras.Model, branch.steady, lesson.seed, lesson.run_of(single), lesson.work / name, say)
    room.watcher.say(f"Steadying {branch.name} against changes of stain and light.")
    steadied = steady(part, model, single, room.material.in_pairs, room.watcher.step)
    model.get_layer(branch.name).set_weights(steadied.get_layer(branch.name).get_weights())
    round_weights(model)
    return model
