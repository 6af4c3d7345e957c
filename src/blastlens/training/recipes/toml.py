"""Recipes as TOML files, in this folder or elsewhere."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from cattrs import BaseValidationError, Converter, transform_error
from cattrs.errors import ForbiddenExtraKeysError

from blastlens.domain.errors import InvalidData
from blastlens.domain.labels import LABELS, SCREENING_LABELS
from blastlens.imaging.kmeans_segmentation import LabSettings
from blastlens.imaging.segmentation import SegmentationSettings
from blastlens.training.recipes.recipe import Recipe

FOLDER = Path(__file__).parent
_BRANCH_STAGES = ("stages", "consistency_stages")
_CLASSES = {"fusion": LABELS, "screening": SCREENING_LABELS}
_SEGMENTATION: dict[str, type[SegmentationSettings | LabSettings]] = {"hsv": SegmentationSettings, "lab": LabSettings}
_TABLES = {"extends", "recipe", "measured"}
"""Keys at the top of a file; `measured` is for documentation."""

_OTHER_KINDS = ("cells", "scale")
"""Files in this folder that describe other models."""

_RENAMED = {
    "steady": "consistency_stages",
    "unfamiliar": "outlier_exposure",
    "norms": "batch_norm",
    "renew": "redraw_every",
}
"""Keys of recipes before version 0.9.0, and what they are now."""


def recipe_names() -> tuple[str, ...]:
    """List our recipes of window models: names that `--recipe` accepts."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml") if file.stem not in _OTHER_KINDS))


def load_recipe(name_or_file: str) -> Recipe:
    """Read one of our recipes by name, or any recipe by the path of its TOML file.

    A file may contain `extends = "NAME"`: its values then replace those of that recipe, key by key, and in the
    augmentation amount by amount.

    Raises:
        InvalidData: there is no such recipe, or a key is unknown or missing, or a value is impossible.
    """
    return _load(name_or_file)[0]


def recipe_of(values: Mapping[str, Any]) -> Recipe:
    """Build a recipe from the plain values of its TOML table.

    Raises:
        InvalidData: a key is unknown or missing, or a value is impossible; every such key is named.
    """
    plain = {"stages": [], **values, "classes": _classes_of(values)}
    try:
        return _CONVERTER.structure(plain, Recipe)
    except BaseValidationError as error:
        raise InvalidData("; ".join(transform_error(error, "recipe", _reason)).replace(" @ ", " at ")) from error


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
        plain = {name: value for name, value in _values(branch).items() if name not in _BRANCH_STAGES}
        blocks.append(["[[recipe.branches]]", *_lines(plain)])
        for kind in _BRANCH_STAGES:
            blocks.extend([f"[[recipe.branches.{kind}]]", *_lines(_values(each))] for each in getattr(branch, kind))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _load(name_or_file: str) -> tuple[Recipe, dict[str, Any]]:
    """Return a recipe and its plain values, both with those of the recipe that it extends."""
    file = FOLDER / f"{name_or_file}.toml" if name_or_file in recipe_names() else Path(name_or_file)
    if not file.is_file():
        raise InvalidData(
            f"there is no recipe {name_or_file!r}; known are {', '.join(recipe_names())}, or a TOML file."
        )
    tables = _parse(file)
    own = tables.get("recipe", {})
    below = _load(tables["extends"])[1] if "extends" in tables else {}
    values = {**below, **own, "augmentation": _merge(below.get("augmentation", {}), own.get("augmentation", {}))}
    try:
        return recipe_of(values), values
    except InvalidData as error:
        raise InvalidData(
            f"the recipe {file} cannot be used: {error}. {FOLDER / 'fusion.toml'} shows how one is written."
        ) from error


def _merge(below: Any, own: Any) -> Any:
    """Return the amounts of an augmentation above those that it extends; what is not a table is left for the check."""
    return {**below, **own} if isinstance(own, Mapping) else own


def _parse(file: Path) -> dict[str, Any]:
    """Return the tables of a recipe file."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidData(f"the recipe {file} is not TOML: {error}") from error
    faults = [f"unknown key {name!r} at the top" for name in sorted(tables.keys() - _TABLES)]
    if not isinstance(tables.get("extends", ""), str) or not isinstance(tables.get("recipe", {}), dict):
        faults.append("recipe must be a table, and extends a text")
    if faults:
        raise InvalidData(f"the recipe {file} cannot be used: {'; '.join(faults)}.")
    return tables


def _classes_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels of a recipe's classes, which a file names by "fusion" or "screening"."""
    name = values.get("classes", "fusion")
    if name not in _CLASSES:
        raise InvalidData(f"{name!r} is neither 'fusion' nor 'screening' at recipe.classes")
    return _CLASSES[name]


def _converter() -> Converter:
    """Return what builds recipes from plain values: it converts nothing but whole numbers into floats."""
    made = Converter(forbid_extra_keys=True)
    for kind in (bool, int, float, str):
        made.register_structure_hook(kind, _structure_plain)
    made.register_structure_hook_func(_is_choice, _structure_choice)
    made.register_structure_hook(SegmentationSettings | LabSettings, lambda value, _: _structure_segmentation(value))
    return made


def _structure_plain(value: Any, kind: type) -> Any:
    number = isinstance(value, int) and not isinstance(value, bool)
    if kind is float and number:
        return float(value)
    if isinstance(value, kind) and (kind is not int or number):
        return value
    wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[kind]
    raise ValueError(f"{value!r} is not {wanted}")


def _is_choice(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


def _structure_choice(value: Any, kind: Any) -> Any:
    if value not in get_args(kind):
        raise ValueError(f"{value!r} is none of {', '.join(map(repr, get_args(kind)))}")
    return value


def _structure_segmentation(values: Any) -> SegmentationSettings | LabSettings:
    if not isinstance(values, Mapping):
        raise TypeError
    settings = {name: value for name, value in values.items() if name != "method"}
    method = values.get("method", "hsv")
    if method not in _SEGMENTATION:
        raise ValueError(f"{method!r} is not a method of segmentation, use 'hsv' or 'lab'")
    return _CONVERTER.structure(settings, _SEGMENTATION[method])


def _reason(error: BaseException, kind: type | None) -> str:
    """Return what is wrong with a value, without its place."""
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown key {', '.join(map(_key, sorted(error.extra_fields)))}"
    if isinstance(error, TypeError | AttributeError):
        return "a value of the wrong kind"
    return "no value" if isinstance(error, KeyError) else str(error)


def _key(name: str) -> str:
    return f"{name!r}, which is {_RENAMED[name]!r} now," if name in _RENAMED else repr(name)


def _values(record: Any) -> dict[str, Any]:
    return {entry.name: getattr(record, entry.name) for entry in fields(record)}


def _lines(values: dict[str, Any]) -> list[str]:
    """Write plain values; strings, numbers, booleans and flat lists are the same in JSON and TOML."""
    return [f"{name} = {json.dumps(value)}" for name, value in values.items() if value is not None]


_CONVERTER = _converter()
