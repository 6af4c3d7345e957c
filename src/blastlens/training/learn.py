"""From examples to a trained model: each branch alone where the recipe says so, then the whole."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import keras
import tensorflow as tf

from blastlens.domain.errors import InvalidData
from blastlens.inference.package import ModelPackage
from blastlens.training.building import build_from, build_in, rebuild, with_normed_branch
from blastlens.training.dataset import Example
from blastlens.training.fit import Draw, Part, Progress, fit
from blastlens.training.folding import fold_norms
from blastlens.training.head import fit_head
from blastlens.training.normalisation import recalibrate
from blastlens.training.pixels import Pixels, Variation, read_pixels, some
from blastlens.training.recipes import BranchRecipe, Recipe, Stage
from blastlens.training.restore import restore_branch, settle_statistics
from blastlens.training.rounding import round_weights
from blastlens.training.scaling import even_out

Item = TypeVar("Item")

_FOR_STATISTICS = 512  # examples: more change no mean that matters


class Watcher(Protocol):
    """Shows a person how far a training is."""

    def say(self, sentence: str) -> None:
        """Tell what begins now."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show progress over what is being worked through."""

    def step(self, progress: Progress) -> None:
        """Show one finished training step."""


@dataclass(frozen=True)
class Lesson:
    """What a training is given.

    Attributes:
        recipe: how.
        examples: the training part.
        seed: of weights, order and augmentation.
        work: folder for checkpoints, one below it for each branch and one for the whole.
        start: the package that branches with the weights "package" go on from.
    """

    recipe: Recipe
    examples: Sequence[Example]
    seed: int
    work: Path
    start: ModelPackage | None = None


def learn(lesson: Lesson, watcher: Watcher) -> keras.Model:
    """Train a recipe's model; equal lessons give equal weights on one kind of processor.

    Args:
        lesson: what to learn from, and how.
        watcher: is told what happens.

    Returns:
        A float32 model whose weights lie on the int8 grid that ships, with batch-norm statistics that fit them.

    Raises:
        InvalidData: the examples cannot be read, the folder holds another training, or the package to start from is
            missing or of another recipe.
    """
    tf.config.experimental.enable_op_determinism()
    recipe, seed = lesson.recipe, lesson.seed
    plain: dict[int, Pixels] = {}

    def as_they_are(size: int) -> Pixels:
        if size not in plain:
            plain.clear()
            plain[size] = read_pixels(lesson.examples, recipe, size, track=watcher.track)
        return plain[size]

    draw = _draw(lesson, watcher)
    alone = {
        branch.name: _learn_alone(branch, lesson, watcher, draw, as_they_are)
        for branch in recipe.branches
        if branch.stages or branch.weights == "package"
    }
    run = _run(lesson, recipe)
    whole = Part("whole", partial(build_from, alone, recipe, seed), recipe.stages, seed, run, lesson.work / "whole")
    if recipe.head_stages:
        head = Part("head", whole.build, recipe.head_stages, seed, run, lesson.work / "head")
        watcher.say("Training the head on what the branches learned.")
        settled = _learn_head(head, recipe, as_they_are(recipe.size), draw, watcher)
        whole = replace(whole, build=partial(rebuild, settled, recipe.precision, recipe, seed))
    if not recipe.stages:
        return _rounded(whole.build())
    watcher.say(f"Training the whole model; an interrupted run goes on from {lesson.work}.")
    model = rebuild(fit(whole, recipe, draw, watcher.step), "float32", recipe, seed)
    return _settled(model, as_they_are(recipe.size), seed)


def _learn_head(part: Part, recipe: Recipe, pixels: Pixels, draw: Draw, watcher: Watcher) -> keras.Model:
    model = part.build()
    even_out(model, tuple(branch.name for branch in recipe.branches), some(pixels, _FOR_STATISTICS))
    return fit_head(part, model, recipe, draw, watcher.step)


def _learn_alone(
    branch: BranchRecipe, lesson: Lesson, watcher: Watcher, draw: Draw, as_they_are: Callable[[int], Pixels]
) -> keras.Model:
    """Train one backbone with a plain head, so that it need not compete with a quicker learner for the credit."""
    recipe, seed = lesson.recipe, lesson.seed
    single = replace(
        recipe,
        name=branch.name,
        about="",
        branches=(replace(branch, stages=()),),
        stages=branch.stages,
        head_stages=(),
        frozen=False,
        precision="float32",
        head_widths=(),
        head_dropouts=recipe.head_dropouts[:1],
    )
    size = branch.stages[-1].size if branch.stages else recipe.size

    def build() -> keras.Model:
        model = build_in(branch.precision, single, seed)
        if branch.weights == "package":
            graph = _graph_to_start_from(branch, lesson)
            restore_branch(model, branch.name, graph)
            settle_statistics(model, branch.name, some(as_they_are(size), _FOR_STATISTICS))
        return with_normed_branch(model, branch.name) if branch.norms else model

    if not branch.stages:
        return build()
    part = Part(branch.name, build, branch.stages, seed, _run(lesson, single), lesson.work / branch.name)
    watcher.say(f"Training {branch.name} alone; an interrupted run goes on from {lesson.work}.")
    model = fit(part, single, draw, watcher.step)
    if not branch.norms:
        return _settled(model, as_they_are(size), seed)
    recalibrate(model, some(as_they_are(recipe.size), _FOR_STATISTICS), seed)
    folded = build_in("float32", single, seed)
    fold_norms(model.get_layer(branch.name), folded.get_layer(branch.name))
    return _rounded(folded)


def _graph_to_start_from(branch: BranchRecipe, lesson: Lesson) -> Path:
    if lesson.start is None:
        raise InvalidData(f"{branch.name} goes on from a model package: name it with --start PACKAGE.")
    return lesson.start.graph


def _rounded(model: keras.Model) -> keras.Model:
    round_weights(model)
    return model


def _settled(model: keras.Model, pixels: Pixels, seed: int) -> keras.Model:
    """Round weights to what ships, and bring batch-norm statistics up to date with them."""
    recalibrate(_rounded(model), pixels, seed)
    return model


def _draw(lesson: Lesson, watcher: Watcher) -> Draw:
    def draw(variation: int, stage: Stage) -> Pixels:
        varied = Variation(lesson.recipe.augmentation.at(stage.strength), (lesson.seed, variation))
        return read_pixels(lesson.examples, lesson.recipe, stage.size, varied, watcher.track)

    return draw


def _run(lesson: Lesson, recipe: Recipe) -> str:
    """Return what identifies a training: anything else in its folder of checkpoints is refused."""
    start = lesson.start.identity.digest if lesson.start else None
    seen = [(example.sha256, example.label) for example in lesson.examples]
    told = (replace(recipe, about=""), lesson.seed, seen, start)
    return hashlib.sha256(repr(told).encode()).hexdigest()
