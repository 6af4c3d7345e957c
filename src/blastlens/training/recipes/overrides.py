"""Changes of a recipe by command-line options."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from blastlens.domain.errors import InvalidData
from blastlens.training.recipes.recipe import BranchRecipe, Recipe, Stage

BranchInputs = Literal["original", "segmented", "both"]

_LEAST_SIDE = 32  # pixels; five halvings leave one


def apply_overrides(recipe: Recipe, scratch: bool, size: int | None, epochs: int | None) -> Recipe:
    """Return a recipe with random initial weights, other image sizes or fewer epochs.

    Args:
        recipe: the recipe to change.
        scratch: whether backbones start from random weights; they are then trained too.
        size: side in pixels of the images in every stage; None keeps the recipe's.
        epochs: of every stage; None keeps the recipe's.

    Raises:
        InvalidData: with `scratch`, if a branch has no stage in which it is trained on the classes.
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
    trained = not scratch or all(branch.stages for branch in branches)  # random backbones must not stay frozen
    if not trained and not recipe.stages:
        raise InvalidData(
            f"the recipe {recipe.name} cannot be trained from scratch, because it does not train every branch on the "
            "classes. Give it a package with --start, or use another recipe, such as fusion."
        )
    return replace(
        recipe,
        branches=branches,
        head_stages=cut(recipe.head_stages),
        stages=cut(recipe.stages),
        frozen=recipe.frozen and trained,
    )


def choose_branches(recipe: Recipe, backbones: Sequence[str] = (), inputs: BranchInputs | None = None) -> Recipe:
    """Return a recipe with other branches; its name then ends with the backbones and the input.

    Args:
        recipe: one with `variable_branches`, unless nothing is to be changed.
        backbones: keys of `architectures.BACKBONES`, each once; none keeps the recipe's.
        inputs: the image that every backbone reads. With "both", one backbone reads each image in a branch of its own;
            of two, the first reads the original and the second the segmented image. None keeps the recipe's.

    Raises:
        InvalidData: the recipe's branches are fixed, a backbone is named twice, or three or more read "both".
    """
    if not backbones and inputs is None:
        return recipe
    if not recipe.variable_branches:
        raise InvalidData(
            f"the branches of the recipe {recipe.name} are fixed. Use --branches and --input with --recipe comparison "
            "or published-screening."
        )
    names = tuple(backbones) or tuple(dict.fromkeys(branch.backbone for branch in recipe.branches))
    images = inputs or _inputs_of(recipe)
    branches = tuple(BranchRecipe(backbone, image) for backbone, image in _pairs(names, images))
    described = " and ".join(f"{branch.backbone} on the {branch.input} image" for branch in branches)
    return replace(recipe, name="-".join((recipe.name, *names, images)), about=f"{described}.", branches=branches)


def _inputs_of(recipe: Recipe) -> BranchInputs:
    """Return which images a recipe's branches read."""
    images = {branch.input for branch in recipe.branches}
    return images.pop() if len(images) == 1 else "both"


def _pairs(names: tuple[str, ...], images: BranchInputs) -> list[tuple[str, Literal["original", "segmented"]]]:
    """Return the backbone and the image of each branch."""
    if len(set(names)) < len(names):
        raise InvalidData("--branches names a backbone twice. Name each backbone once; --input both reads both images.")
    if images != "both":
        return [(name, images) for name in names]
    if len(names) > 2:
        raise InvalidData("--input both is for one or two backbones. Name fewer with --branches.")
    return [(names[0], "original"), (names[-1], "segmented")]


def _cut_stage(stage: Stage, size: int, epochs: int) -> Stage:
    """Return a stage at another size, with crops that show as much of a smear as before."""
    crop = max(_LEAST_SIDE, round(stage.crop * size / stage.size)) if stage.crop else 0
    return replace(stage, size=size, epochs=epochs, crop=crop if crop < size else 0)
