"""What `blastlens tune` may change in a recipe, and how far."""

from dataclasses import dataclass, fields, replace
from typing import Protocol

from blastlens.training.recipes.recipe import Augmentation, Recipe, Stage

_COLOUR = ("brightness", "exposure", "contrast", "hue", "saturation", "stain", "shading")
_SHAPE = ("rotation", "zoom", "blur")
_LARGEST = {"zoom": 0.5, "brightness": 0.5, "exposure": 0.8, "contrast": 0.8, "shading": 0.8, "saturation": 1.0}


class Suggester(Protocol):
    """What Optuna's trial offers."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Choose a number between `low` and `high`."""


@dataclass(frozen=True)
class Suggestion:
    """One point of the search.

    Attributes:
        rate: factor on every learning rate.
        warm_up: share of every stage's steps over which the rate rises, 0 to 1.
        dropout: of every dropout in the head, 0 to 1.
        colour: factor on every change of colour and light that the recipe makes.
        shape: factor on its turns, zooms and blurs.
    """

    rate: float = 1.0
    warm_up: float = 0.06
    dropout: float = 0.2
    colour: float = 1.0
    shape: float = 1.0


def suggest(chooser: Suggester) -> Suggestion:
    """Let a sampler choose a point."""
    return Suggestion(
        rate=chooser.suggest_float("rate", 0.1, 10.0, log=True),
        warm_up=chooser.suggest_float("warm_up", 0.0, 0.2),
        dropout=chooser.suggest_float("dropout", 0.0, 0.5),
        colour=chooser.suggest_float("colour", 0.25, 2.5, log=True),
        shape=chooser.suggest_float("shape", 0.25, 2.5, log=True),
    )


def apply(choice: Suggestion, recipe: Recipe) -> Recipe:
    """Return the recipe with the choice made; what the recipe does not vary at all stays so."""
    return replace(
        recipe,
        stages=_stages(recipe.stages, choice),
        head_stages=_stages(recipe.head_stages, choice),
        branches=tuple(
            replace(
                branch,
                stages=_stages(branch.stages, choice),
                consistency_stages=_stages(branch.consistency_stages, choice),
            )
            for branch in recipe.branches
        ),
        head_dropouts=tuple(choice.dropout for _ in recipe.head_dropouts),
        augmentation=_scaled(_scaled(recipe.augmentation, _COLOUR, choice.colour), _SHAPE, choice.shape),
    )


def _stages(stages: tuple[Stage, ...], choice: Suggestion) -> tuple[Stage, ...]:
    return tuple(
        replace(stage, learning_rate=stage.learning_rate * choice.rate, warm_up=choice.warm_up) for stage in stages
    )


def _scaled(amounts: Augmentation, names: tuple[str, ...], factor: float) -> Augmentation:
    known = {entry.name for entry in fields(amounts)} & set(names)
    changed = {name: min(getattr(amounts, name) * factor, _LARGEST.get(name, 180.0)) for name in known}
    return replace(amounts, **changed)
