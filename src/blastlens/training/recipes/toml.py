"""Recipes as TOML files: ours beside this module, or anybody's."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS, SCREENING_LABELS
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.imaging.segmentation import SegmentationSettings
from blastlens.training.recipes.recipe import Augmentation, BranchRecipe, Recipe, Stage

FOLDER = Path(__file__).parent
_BRANCH_STAGES = ("stages", "consistency_stages")


def recipe_names() -> tuple[str, ...]:
    """List what `--recipe` can be."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def load_recipe(name_or_file: str) -> Recipe:
    """Read one of our recipes by name, or anybody's by the path of its TOML file.

    A file may say `extends = "NAME"`: its values then stand above those of that recipe, table by table, and in the
    augmentation amount by amount.

    Raises:
        InvalidData: there is no such recipe, or a value in it is missing, unknown or impossible.
    """
    values = _read(name_or_file)
    try:
        return recipe_of(values)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidData(
            f"the recipe {name_or_file} lacks a value or holds an impossible one: {error!r}; "
            f"{FOLDER / 'fusion.toml'} shows how one is written."
        ) from error


def recipe_of(values: Mapping[str, Any]) -> Recipe:
    """Build a recipe from the plain values of its TOML table."""
    typed: dict[str, Any] = dict(values)
    typed["branches"] = tuple(_branch(branch) for branch in values["branches"])
    typed["stages"] = _stages(values.get("stages", ()))
    typed["head_stages"] = _stages(values.get("head_stages", ()))
    typed["classes"] = {"fusion": LABELS, "screening": SCREENING_LABELS}[values.get("classes", "fusion")]
    for name in ("shares", "head_widths", "head_dropouts"):
        if name in values:
            typed[name] = tuple(values[name])
    typed["segmentation"] = _segmentation(values.get("segmentation", {}))
    typed["augmentation"] = Augmentation(**values.get("augmentation", {}))
    return Recipe(**typed)


def to_toml(recipe: Recipe, comment: str = "") -> str:
    """Return a recipe as TOML, with `comment` above it."""
    inner = ("branches", "stages", "head_stages", "segmentation", "augmentation", "classes")
    own = {name: value for name, value in _values(recipe).items() if name not in inner}
    own["classes"] = "fusion" if recipe.classes == LABELS else "screening"
    method = {"method": "hsv" if isinstance(recipe.segmentation, SegmentationSettings) else "lab"}
    blocks = [
        [f"# {line}" for line in comment.splitlines()],
        ["[recipe]", *_lines(own)],
        *(["[[recipe.head_stages]]", *_lines(_values(stage))] for stage in recipe.head_stages),
        *(["[[recipe.stages]]", *_lines(_values(stage))] for stage in recipe.stages),
        ["[recipe.augmentation]", *_lines(_values(recipe.augmentation))],
        ["[recipe.segmentation]", *_lines({**method, **_values(recipe.segmentation)})],
    ]
    for branch in recipe.branches:
        alone = {name: value for name, value in _values(branch).items() if name not in _BRANCH_STAGES}
        blocks.append(["[[recipe.branches]]", *_lines(alone)])
        for kind in _BRANCH_STAGES:
            blocks.extend([f"[[recipe.branches.{kind}]]", *_lines(_values(each))] for each in getattr(branch, kind))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _read(name_or_file: str) -> dict[str, Any]:
    """Return the plain values of a recipe, those of the recipe it extends included."""
    file = FOLDER / f"{name_or_file}.toml" if name_or_file in recipe_names() else Path(name_or_file)
    if not file.is_file():
        raise InvalidData(
            f"there is no recipe {name_or_file!r}; known are {', '.join(recipe_names())}, or a TOML file."
        )
    try:
        values = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidData(f"the recipe {file} is no TOML: {error}") from error
    own = values.get("recipe", {})
    below = _read(values["extends"]) if "extends" in values else {}
    amounts = {**below.get("augmentation", {}), **own.get("augmentation", {})}
    return {**below, **own, "augmentation": amounts}


def _branch(values: Mapping[str, Any]) -> BranchRecipe:
    typed = {kind: _stages(values.get(kind, ())) for kind in _BRANCH_STAGES}
    return BranchRecipe(**{**values, **typed, "widths": tuple(values.get("widths", ()))})


def _stages(values: Any) -> tuple[Stage, ...]:
    return tuple(Stage(**stage) for stage in values)


def _segmentation(values: Mapping[str, Any]) -> SegmentationSettings | LabSettings:
    settings = {name: value for name, value in values.items() if name != "method"}
    if values.get("method", "hsv") == "hsv":
        return SegmentationSettings(**settings)
    if values["method"] == "lab":
        return LabSettings(**settings)
    raise ValueError(f'segmentation by {values["method"]!r}: there is "hsv" and "lab"')


def _values(record: Any) -> dict[str, Any]:
    return {entry.name: getattr(record, entry.name) for entry in fields(record)}


def _lines(values: dict[str, Any]) -> list[str]:
    """Write plain values; JSON's strings, numbers, booleans and flat lists are TOML's too."""
    return [f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None]
