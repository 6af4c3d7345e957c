"""The training loop: stages, epochs, steps, and a checkpoint after each epoch."""

import hashlib
import math
from collections.abc import Callable, Iterator
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

Examples = TypeVar("Examples")
Step = Callable[[keras.Model, Examples, NDArray[np.int64], Stage, np.random.Generator], NDArray[np.float64]]
"""Takes one optimizer step on the chosen (B,) examples; returns its loss and its metric, (2,) float64."""


@dataclass(frozen=True)
class Objective(Generic[Examples]):
    """What a phase trains on, and how it takes a step.

    Attributes:
        draw: returns the examples for the epochs that start at an epoch (from 0) of a stage.
        step: takes one step.
        count: returns the number of examples in an epoch; steps choose among the first so many.
        metric: name of the second value of a step.
        classifies_images: whether the model takes images and returns class probabilities.
    """

    draw: Callable[[int, Stage], Examples]
    step: Step[Examples]
    count: Callable[[Examples], int]
    metric: str = "accuracy"
    classifies_images: bool = True


@dataclass(frozen=True)
class Phase:
    """One model, and the stages that train it.

    Attributes:
        name: shown in the progress.
        build: returns the untrained, compiled model.
        stages: how long to train, at which sizes and rates.
        seed: of order and augmentation.
        run: SHA-256 of recipe, seed and data, without the stages.
        work: folder for checkpoints.
        warn: receives a sentence about each damaged checkpoint.
    """

    name: str
    build: Callable[[], keras.Model]
    stages: tuple[Stage, ...]
    seed: int
    run: str
    work: Path
    warn: Callable[[str], None] = lambda text: None

    def identity_after(self, epochs: int) -> str:
        """Return the identity of a checkpoint: the run, and the stages begun; later stages can still change."""
        begun, before = [], 0
        for stage in self.stages:
            if before < epochs:
                begun.append(stage)
            before += stage.epochs
        return hashlib.sha256(f"{self.run} {begun}".encode()).hexdigest()


def run_phase(
    phase: Phase, recipe: Recipe, objective: Objective[Examples], report: Callable[[Progress], None]
) -> keras.Model:
    """Train a phase's model through all epochs of its stages, from the newest checkpoint in the phase's folder.

    Args:
        phase: the model and its stages.
        recipe: examples per step, and how many epochs share one draw of the examples.
        objective: what to train on.
        report: called after every step.

    Raises:
        InvalidData: the folder holds another run's or only damaged checkpoints, or there is no example.
    """
    resumed = load_checkpoint(phase.work, phase.identity_after, phase.warn)
    model = resumed.model if resumed else phase.build()
    finished = resumed.epochs if resumed else 0
    epochs = [(stage, within) for stage in phase.stages for within in range(stage.epochs)]
    examples: Examples | None = None
    for epoch, (stage, within) in enumerate(epochs):
        if epoch < finished:
            continue
        since_draw = within % (stage.redraw_every or recipe.redraw_every)
        if examples is None or since_draw == 0:
            examples = objective.draw(epoch - since_draw, stage)
        generator = np.random.default_rng([phase.seed, epoch])
        count = objective.count(examples)
        means, steps = np.zeros(2), _count_steps(count, recipe)
        for step, chosen in enumerate(batches(count, recipe.batch, generator)):
            model.optimizer.learning_rate = learning_rate(stage, within * steps + step, steps)
            means += (objective.step(model, examples, chosen, stage, generator) - means) / (step + 1)
            loss, score = map(float, means)
            state = (epoch + 1, len(epochs), stage.size, step + 1, steps, loss, score)
            report(Progress(phase.name, *state, objective.metric, objective.classifies_images))
        save_checkpoint(phase.work, Checkpoint(model, epoch + 1), phase.identity_after(epoch + 1))
    return model


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Return the rate at a stage's `step`, with `steps` an epoch: a warm-up, then constant or a half cosine to zero."""
    total = stage.epochs * steps
    warm_up = stage.warm_up * total
    if step < warm_up:
        return stage.learning_rate * min(1.0, (step + 1) / warm_up)
    if not stage.cosine:
        return stage.learning_rate
    done = (step - warm_up) / max(1.0, total - warm_up)
    return stage.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done))


def _count_steps(count: int, recipe: Recipe) -> int:
    if not count:
        raise InvalidData("there is no example to train on: add images to the data folder.")
    return max(1, count // recipe.batch)


def batches(count: int, batch: int, generator: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield the indices (B,) of each batch of one epoch, shuffled; a remainder smaller than a batch is left out."""
    order = generator.permutation(count)
    width = min(batch, count)
    for start in range(0, count - width + 1, width):
        yield order[start : start + width]
