"""Time that is left of a training run, estimated from its finished epochs."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from blastlens.training.progress import (
    JOINT_HEAD_PHASE,
    WHOLE_PHASE,
    Progress,
    branch_phase,
    consistency_phase,
    head_phase,
)
from blastlens.training.recipes.recipe import Recipe, Stage


@dataclass(frozen=True)
class PlannedEpoch:
    """One epoch of a recipe: its phase, and its work in pixels per example."""

    phase: str
    pixels: int


def plan_epochs(recipe: Recipe) -> tuple[PlannedEpoch, ...]:
    """Return every epoch that a training by a recipe runs, in order.

    An epoch of a head on cached features has no work of its own: only the epochs that compute features count. All
    separate heads share the features that the first one computes.
    """
    planned = []
    for branch in recipe.branches:
        planned += _epochs(branch_phase(branch), branch.stages)
        planned += _epochs(consistency_phase(branch), branch.consistency_stages)
    if recipe.heads == "joint":
        planned += _head_epochs(JOINT_HEAD_PHASE, recipe)
    else:
        for position, branch in enumerate(recipe.branches):
            planned += _head_epochs(head_phase(branch.name), recipe, cached=position > 0)
    return (*planned, *_epochs(WHOLE_PHASE, recipe.stages))


def _epochs(phase: str, stages: Sequence[Stage]) -> list[PlannedEpoch]:
    return [PlannedEpoch(phase, (stage.crop or stage.size) ** 2) for stage in stages for _ in range(stage.epochs)]


def _head_epochs(phase: str, recipe: Recipe, cached: bool = False) -> list[PlannedEpoch]:
    return [
        PlannedEpoch(phase, 0 if cached or within % (stage.redraw_every or recipe.redraw_every) else stage.size**2)
        for stage in recipe.head_stages
        for within in range(stage.epochs)
    ]


class RemainingTime:
    """Estimates the time left of a training run from the measured time of its finished epochs.

    Time is taken to grow with the pixels of an epoch, at the rate measured in the same phase, or over all phases
    where none of its epochs has finished. Export and evaluation, which follow the training, are not included.

    Args:
        planned: every epoch of the training run, in order.
        clock: seconds from any start.
    """

    def __init__(self, planned: Sequence[PlannedEpoch], clock: Callable[[], float] = time.monotonic) -> None:
        self._planned = tuple(planned)
        self._clock = clock
        self._since = clock()
        self._measured: dict[str, tuple[float, int]] = {}  # phase: seconds and pixels of its finished epochs

    def restart(self) -> None:
        """Leave the time since the last finished epoch out of the measurement."""
        self._since = self._clock()

    def update(self, progress: Progress) -> float | None:
        """Return the seconds left after a step; None before the first epoch has finished."""
        own = [place for place, epoch in enumerate(self._planned) if epoch.phase == progress.phase]
        if progress.epoch > len(own):
            return None
        current, elapsed = own[progress.epoch - 1], self._clock() - self._since
        if progress.step == progress.steps:
            seconds, pixels = self._measured.get(progress.phase, (0.0, 0))
            self._measured[progress.phase] = seconds + elapsed, pixels + self._planned[current].pixels
            self._since, elapsed, current = self._since + elapsed, 0.0, current + 1
        if not sum(pixels for _, pixels in self._measured.values()):
            return None
        left = [epoch.pixels * self._seconds_per_pixel(epoch.phase) for epoch in self._planned[current:]]
        return sum(left) - min(elapsed, left[0]) if left else 0.0

    def _seconds_per_pixel(self, phase: str) -> float:
        seconds, pixels = self._measured.get(phase, (0.0, 0))
        if not pixels:
            seconds = sum(each for each, _ in self._measured.values())
            pixels = sum(each for _, each in self._measured.values())
        return seconds / pixels
