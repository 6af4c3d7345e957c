"""Search space of `blastlens tune`: the values of a recipe that it varies."""

from dataclasses import dataclass, fields, replace
from typing import Protocol

from blastlens.training.recipes.recipe import Augmentation, Recipe, Stage

_COLOUR = ("brightness", "exposure", "contrast", "hue", "saturation", "stain", "shading")
_SHAPE = ("rotation", "zoom", "blur")
_LARGEST = {"zoom": 0.5, "brightness": 0.5, "exposure": 0.8, "contrast": 0.8, "shading": 0.8, "saturation": 1.0}


class Suggester(Protocol):
    """The part of Optuna's `Trial` that is used."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """Return a number from `low` to `high`."""


@dataclass(frozen=True)
class Suggestion:
    """A point of the search space.

    Attributes:
        rate: factor on every learning rate.
        warm_up: share of every stage's steps over which the rate rises, 0 to 1.
        dropout: rate of every dropout in the head, 0 to 1.
        colour: factor on the amounts of colour and light in the augmentation.
        shape: factor on the amounts of rotation, zoom and blur in the augmentation.
    """

    rate: float = 1.0
    warm_up: float = 0.06
    dropout: float = 0.2
    colour: float = 1.0
    shape: float = 1.0


def suggest(suggester: Suggester) -> Suggestion:
    """Return the point that a sampler suggests."""
    return Suggestion(
        rate=suggester.suggest_float("rate", 0.1, 10.0, log=True),
        warm_up=suggester.suggest_float("warm_up", 0.0, 0.2),
        dropout=suggester.suggest_float("dropout", 0.0, 0.5),
        colour=suggester.suggest_float("colour", 0.25, 2.5, log=True),
        shape=suggester.suggest_float("shape", 0.25, 2.5, log=True),
    )


def apply_suggestion(suggestion: Suggestion, recipe: Recipe) -> Recipe:
    """Return the recipe with a suggestion applied; amounts of zero stay zero."""
    return replace(
        recipe,
        stages=_stages(recipe.stages, suggestion),
        head_stages=_stages(recipe.head_stages, suggestion),
        branches=tuple(
            replace(
                branch,
                stages=_stages(branch.stages, suggestion),
                consistency_stages=_stages(branch.consistency_stages, suggestion),
            )
            for branch in recipe.branches
        ),
        head_dropouts=tuple(suggestion.dropout for _ in recipe.head_dropouts),
        augmentation=_scaled(_scaled(recipe.augmentation, _COLOUR, suggestion.colour), _SHAPE, suggestion.shape),
    )


def _stages(stages: tuple[Stage, ...], suggestion: Suggestion) -> tuple[Stage, ...]:
    return tuple(
        replace(stage, learning_rate=stage.learning_rate * suggestion.rate, warm_up=suggestion.warm_up)
        for stage in stages
    )


def _scaled(amounts: Augmentation, names: tuple[str, ...], factor: float) -> Augmentation:
    scaled = {entry.name for entry in fields(amounts)} & set(names)
    changed = {name: min(getattr(amounts, name) * factor, _LARGEST.get(name, 180.0)) for name in scaled}
    return replace(amounts, **changed)
