"""The training loop, top to bottom: stages, epochs, steps, and a checkpoint after each epoch."""

import hashlib
import math
from collections.abc import Callable, Iterator, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import keras
import numpy as np
from numpy.typing import NDArray

from blastlens.domain.errors import InvalidData
from blastlens.training.fitting.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from blastlens.training.progress import Progress
from blastlens.training.recipes.recipe import Recipe, Stage

Examples = TypeVar("Examples", bound=Sized)
Step = Callable[[keras.Model, Examples, NDArray[np.int64], Stage, np.random.Generator], NDArray[np.float64]]
"""Takes one optimizer step on some (B,) of the examples; gives its loss and how well it went, (2,) float64."""


@dataclass(frozen=True)
class Objective(Generic[Examples]):
    """What an epoch learns from, and how.

    Attributes:
        draw: gives the examples, varied as a stage says: (seed of the variation, stage) to what steps are taken on.
        step: takes one.
        measure: what the second figure of a step is called.
    """

    draw: Callable[[int, Stage], Examples]
    step: Step[Examples]
    measure: str = "accuracy"


@dataclass(frozen=True)
class Phase:
    """One model's way through its stages.

    Attributes:
        name: for people, and of its folder of checkpoints.
        build: makes the untrained model, ready to learn.
        stages: what to do.
        seed: of order and augmentation.
        run: what identifies recipe, seed and data, but for the stages.
        work: folder for checkpoints.
        say: is told what a person should know about them.
    """

    name: str
    build: Callable[[], keras.Model]
    stages: tuple[Stage, ...]
    seed: int
    run: str
    work: Path
    say: Callable[[str], None] = lambda sentence: None

    def identity_after(self, epochs: int) -> str:
        """Return what identifies the training so far: stages that had not begun after `epochs` can still be changed."""
        begun, before = [], 0
        for stage in self.stages:
            if before < epochs:
                begun.append(stage)
            before += stage.epochs
        return hashlib.sha256(f"{self.run} {begun}".encode()).hexdigest()


def run_phase(
    part: Phase, recipe: Recipe, teaching: Objective[Examples], report: Callable[[Progress], None]
) -> keras.Model:
    """Take a model through all epochs of its stages, going on from the newest checkpoint of its part.

    Args:
        part: which model, ready to learn, and how long.
        recipe: how many examples a step, and after how many epochs they are drawn anew.
        teaching: what is learned from, and how.
        report: called after every step.

    Raises:
        InvalidData: the folder holds another run or damaged checkpoints alone, or there is no example.
    """
    resumed = load_checkpoint(part.work, part.identity_after, part.say)
    model = resumed.model if resumed else part.build()
    finished = resumed.epochs if resumed else 0
    epochs = [(stage, within) for stage in part.stages for within in range(stage.epochs)]
    examples: Examples | None = None
    for epoch, (stage, within) in enumerate(epochs):
        if epoch < finished:
            continue
        since = within % (stage.redraw_every or recipe.redraw_every)
        if examples is None or since == 0:
            examples = teaching.draw(epoch - since, stage)
        generator = np.random.default_rng([part.seed, epoch])
        means, steps = np.zeros(2), _steps(examples, recipe)
        for step, chosen in enumerate(batches(len(examples), recipe.batch, generator)):
            model.optimizer.learning_rate = learning_rate(stage, within * steps + step, steps)
            means += (teaching.step(model, examples, chosen, stage, generator) - means) / (step + 1)
            loss, measured = map(float, means)
            at = (epoch + 1, len(epochs), stage.size, step + 1, steps)
            report(Progress(part.name, *at, loss, measured, teaching.measure))
        save_checkpoint(part.work, Checkpoint(model, epoch + 1), part.identity_after(epoch + 1))
    return model


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Return the rate at a stage's `step`, with `steps` an epoch: a rise, then flat or a half cosine down to zero."""
    total = stage.epochs * steps
    warm_up = stage.warm_up * total
    if step < warm_up:
        return stage.learning_rate * min(1.0, (step + 1) / warm_up)
    if not stage.cosine:
        return stage.learning_rate
    done = (step - warm_up) / max(1.0, total - warm_up)
    return stage.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))


def _steps(examples: Sized, recipe: Recipe) -> int:
    if not len(examples):
        raise InvalidData("there is no example to train on.")
    return max(1, len(examples) // recipe.batch)


def batches(count: int, batch: int, generator: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield each batch's examples; those left over from whole batches wait for the next epoch."""
    order = generator.permutation(count)
    width = min(batch, count)
    for start in range(0, count - width + 1, width):
        yield order[start : start + width]
