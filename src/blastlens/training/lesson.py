"""What a training is given, and who watches it."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from blastlens.inference.package import ModelPackage
from blastlens.training.dataset import Example
from blastlens.training.epochs import Progress
from blastlens.training.recipes import Recipe, Stage
from blastlens.training.unfamiliar import sha256_of

Item = TypeVar("Item")


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
        calibration: examples of the calibration part, for recipes that bring heads to one temperature; nothing else is
            learned from them.
        unfamiliar: image files of other laboratories, for recipes that teach the head not to know them.
    """

    recipe: Recipe
    examples: Sequence[Example]
    seed: int
    work: Path
    start: ModelPackage | None = None
    calibration: Sequence[Example] = ()
    unfamiliar: tuple[Path, ...] = ()

    def run_of(self, recipe: Recipe) -> str:
        """Return what identifies a training of a recipe: anything else in its folder of checkpoints is refused."""
        start = self.start.identity.digest if self.start else None
        seen = [(example.sha256, example.label) for example in self.examples]
        told = (replace(recipe, about=""), self.seed, seen, start, sha256_of(self.unfamiliar))
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def run_to(self, recipe: Recipe) -> str:
        """Return the same but for the recipe's stages, of which only the size at the end counts: see `Part.run_by`."""
        return self.run_of(replace(recipe, stages=(Stage(recipe.size, 0),)))
