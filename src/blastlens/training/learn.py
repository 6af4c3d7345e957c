"""From examples to a trained model: each branch alone where the recipe says so, then the whole."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import keras
import tensorflow as tf

from blastlens.training.building import build_from, build_in, rebuild
from blastlens.training.dataset import Example
from blastlens.training.fit import Draw, Part, Progress, fit
from blastlens.training.normalisation import recalibrate
from blastlens.training.pixels import Pixels, Variation, read_pixels
from blastlens.training.recipes import BranchRecipe, Recipe, Stage
from blastlens.training.rounding import round_weights

Item = TypeVar("Item")


class Watcher(Protocol):
    """Shows a person how far a training is."""

    def say(self, sentence: str) -> None:
        """Tell what begins now."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show progress over what is being worked through."""

    def step(self, progress: Progress) -> None:
        """Show one finished training step."""


def learn(recipe: Recipe, examples: Sequence[Example], seed: int, work: Path, watcher: Watcher) -> keras.Model:
    """Train a recipe's model; equal arguments give equal weights on one kind of processor.

    Args:
        recipe: how.
        examples: the training part.
        seed: of weights, order and augmentation.
        work: folder for checkpoints, one below it for each branch and one for the whole.
        watcher: is told what happens.

    Returns:
        A float32 model whose weights lie on the int8 grid that ships, with batch-norm statistics that fit them.

    Raises:
        InvalidData: the examples cannot be read, or the folder holds another training.
    """
    tf.config.experimental.enable_op_determinism()
    plain: dict[int, Pixels] = {}

    def as_they_are(size: int) -> Pixels:
        if size not in plain:
            plain.clear()
            plain[size] = read_pixels(examples, recipe, size, track=watcher.track)
        return plain[size]

    draw = _draw(recipe, examples, seed, watcher)
    alone = {
        branch.name: _learn_alone(branch, recipe, examples, seed, work, watcher, draw, as_they_are)
        for branch in recipe.branches
        if branch.stages
    }
    run = _run(recipe, seed, examples)
    whole = Part("whole", partial(build_from, alone, recipe, seed), recipe.stages, seed, run, work / "whole")
    if recipe.head_stages:
        frozen = replace(recipe, frozen=True)
        head = Part("head", partial(build_from, alone, frozen, seed), recipe.head_stages, seed, run, work / "head")
        watcher.say("Training the head on what the branches learned.")
        settled = fit(head, recipe, draw, watcher.step)
        whole = replace(whole, build=partial(rebuild, settled, recipe.precision, recipe, seed))
    watcher.say(f"Training the whole model; an interrupted run goes on from {work}.")
    model = rebuild(fit(whole, recipe, draw, watcher.step), "float32", recipe, seed)
    return _settled(model, as_they_are(recipe.size), seed)


def _learn_alone(
    branch: BranchRecipe,
    recipe: Recipe,
    examples: Sequence[Example],
    seed: int,
    work: Path,
    watcher: Watcher,
    draw: Draw,
    as_they_are: Callable[[int], Pixels],
) -> keras.Model:
    """Train one backbone with a plain head, so that it need not compete with a quicker learner for the credit."""
    single = Recipe(
        name=branch.name,
        branches=(replace(branch, stages=()),),
        stages=branch.stages,
        frozen=False,
        batch=recipe.batch,
        balanced=recipe.balanced,
        renew=recipe.renew,
        classes=recipe.classes,
        head_widths=(),
        head_dropouts=recipe.head_dropouts[:1],
        colour=recipe.colour,
        segmentation=recipe.segmentation,
        augmentation=recipe.augmentation,
    )
    run = _run(single, seed, examples)
    part = Part(
        branch.name, partial(build_in, branch.precision, single, seed), branch.stages, seed, run, work / branch.name
    )
    watcher.say(f"Training {branch.name} alone; an interrupted run goes on from {work}.")
    model = fit(part, single, draw, watcher.step)
    return _settled(model, as_they_are(single.size), seed)


def _settled(model: keras.Model, pixels: Pixels, seed: int) -> keras.Model:
    """Round weights to what ships, and bring batch-norm statistics up to date with them."""
    round_weights(model)
    recalibrate(model, pixels, seed)
    return model


def _draw(recipe: Recipe, examples: Sequence[Example], seed: int, watcher: Watcher) -> Draw:
    def draw(variation: int, stage: Stage) -> Pixels:
        amounts = recipe.augmentation.at(stage.strength)
        return read_pixels(examples, recipe, stage.size, Variation(amounts, (seed, variation)), watcher.track)

    return draw


def _run(recipe: Recipe, seed: int, examples: Sequence[Example]) -> str:
    """Return what identifies a training: anything else in its folder of checkpoints is refused."""
    told = (replace(recipe, about=""), seed, [(example.sha256, example.label) for example in examples])
    return hashlib.sha256(repr(told).encode()).hexdigest()
