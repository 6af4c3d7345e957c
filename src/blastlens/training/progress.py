"""Progress of a training run, and the protocol of whoever shows it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

Item = TypeVar("Item")

Track: TypeAlias = Callable[[Sequence[Any]], Iterable[Any]]
"""Yields the same items in order, and shows progress over them."""

NamedTrack: TypeAlias = Callable[[Sequence[Any], str], Iterable[Any]]
"""A `Track` that also takes a few words for the work."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands after a step: epoch (from 1), step in the epoch (from 1), means of the epoch so far.

    `accuracy` is called `measure`: it is a likeness where no label is learned.
    """

    part: str
    epoch: int
    epochs: int
    size: int
    step: int
    steps: int
    loss: float
    accuracy: float
    measure: str = "accuracy"


class ProgressReporter(Protocol):
    """Shows a person how far a training is."""

    def say(self, sentence: str) -> None:
        """Tell what begins now."""

    def track(self, items: Sequence[Item]) -> Iterable[Item]:
        """Show progress over what is being worked through."""

    def step(self, progress: Progress) -> None:
        """Show one finished training step."""
