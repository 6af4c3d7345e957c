"""Progress of a training run, its phases, and the protocol for showing it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from blastlens.training.recipes.recipe import BranchRecipe

Item = TypeVar("Item")

Track: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]
"""Yields the same items in order, and shows progress over them."""

NamedTrack: TypeAlias = Callable[[Sequence[Any], str], Iterable[Any]]
"""A `Track` that also takes a few words for the work."""


@dataclass(frozen=True)
class Progress:
    """State of a training run after one step.

    Attributes:
        phase: name of the phase.
        epoch: number of the epoch in the phase, from 1.
        epochs: epochs of the phase.
        size: side of the images in pixels.
        step: number of the step in the epoch, from 1.
        steps: steps of the epoch.
        loss: mean over the steps of the epoch so far.
        score: mean of the metric over the same steps.
        metric: name of the metric.
        classifies_images: whether the phase's checkpoints hold a model from images to class probabilities.
    """

    phase: str
    epoch: int
    epochs: int
    size: int
    step: int
    steps: int
    loss: float
    score: float
    metric: str = "accuracy"
    classifies_images: bool = True


class ProgressReporter(Protocol):
    """Shows the progress of a training run to a person."""

    def message(self, text: str) -> None:
        """Show a sentence."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Yield the items and show progress over them."""

    def step(self, progress: Progress) -> None:
        """Show one finished training step."""


class NoReporter:
    """Shows nothing."""

    def message(self, text: str) -> None:
        """Ignore a sentence."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Return the items."""
        return items

    def step(self, progress: Progress) -> None:
        """Ignore a step."""


def branch_phase(branch: BranchRecipe) -> str:
    """Return the name of the phase that pretrains a branch by its stages."""
    return branch.name


def consistency_phase(branch: BranchRecipe) -> str:
    """Return the name of the phase of consistency regularisation of a branch."""
    return f"{branch.name}_consistency"


def head_phase(branch: str) -> str:
    """Return the name of the phase that trains one branch's own head."""
    return f"head of {branch}"


JOINT_HEAD_PHASE = "head"
WHOLE_PHASE = "whole"
