"""Cuts a recipe down to what a machine can afford."""

from dataclasses import replace

from blastlens.domain.errors import InvalidData
from blastlens.training.recipes.recipe import Recipe, Stage

_LEAST_SIDE = 32  # pixels of an image that five halvings leave something of


def apply_overrides(recipe: Recipe, scratch: bool, size: int | None, epochs: int | None) -> Recipe:
    """Return a recipe cut down to what is at hand: no borrowed weights, smaller images, fewer epochs.

    Args:
        recipe: what is cut.
        scratch: whether backbones start from random weights, and then learn too.
        size: side in pixels of every stage, where given.
        epochs: of every stage, where given.

    Raises:
        InvalidData: from scratch, where a branch of the recipe has no stage in which it would learn the classes.
    """

    def cut(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        return tuple(_cut_stage(stage, size or stage.size, epochs or stage.epochs) for stage in stages)

    branches = tuple(
        replace(
            branch,
            weights="scratch" if scratch else branch.weights,
            stages=cut(branch.stages),
            consistency_stages=cut(branch.consistency_stages),
        )
        for branch in recipe.branches
    )
    learned = not scratch or all(branch.stages for branch in branches)  # random backbones must not stay as they are
    if not learned and not recipe.stages:
        raise InvalidData(
            f"the recipe {recipe.name} does not teach every branch the classes, it goes on from what they know: give "
            "it a package with --start, or train from scratch by another recipe, such as fusion."
        )
    return replace(
        recipe,
        branches=branches,
        head_stages=cut(recipe.head_stages),
        stages=cut(recipe.stages),
        frozen=recipe.frozen and learned,
    )


def _cut_stage(stage: Stage, size: int, epochs: int) -> Stage:
    """Return a stage at another size, with squares that hold as much of a smear as before."""
    crop = max(_LEAST_SIDE, round(stage.crop * size / stage.size)) if stage.crop else 0
    return replace(stage, size=size, epochs=epochs, crop=crop if crop < size else 0)
