"""Recipes of plain values: one table of a TOML file, read into a dataclass."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from blastlens.domain.errors import InvalidData

_Recipe = TypeVar("_Recipe")


def load_table(kind: type[_Recipe], file: Path, table: str) -> _Recipe:
    """Read a recipe from a table of a TOML file.

    Args:
        kind: dataclass of the recipe; its fields are the keys, and arrays become tuples.
        file: TOML.
        table: its name in the file.

    Raises:
        InvalidData: the file cannot be read, or a key is unknown, is missing or has an impossible value.
    """
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))[table]
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError) as error:
        raise InvalidData(f"the recipe {file} cannot be used: {error!r}.") from error
    unknown = sorted(values.keys() - {field.name for field in fields(kind)})  # type: ignore[arg-type]
    if unknown:
        raise InvalidData(f"the recipe {file} has unknown keys: {', '.join(unknown)}.")
    try:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
    except (TypeError, ValueError) as error:
        raise InvalidData(f"the recipe {file} cannot be used: {error}.") from error
