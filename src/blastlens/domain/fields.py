"""Strict reader of the fields of JSON, TOML and the environment."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_NUMBER = 1e9

MakeError = Callable[[str, str, object], Exception]
"""Makes the error for a field: its name, what it has to be ("a text"), and its value, None where it is missing."""


@dataclass(frozen=True)
class FieldReader:
    """Reads the fields of one mapping; a field that is missing or of another type raises `make_error`'s error.

    Attributes:
        values: the mapping.
        make_error: see `MakeError`.
    """

    values: Mapping[str, Any]
    make_error: MakeError

    @classmethod
    def of(cls, value: object, name: str, make_error: MakeError) -> "FieldReader":
        """Return a reader of `value`, which is called `name` where it is not a mapping."""
        if not isinstance(value, Mapping):
            raise make_error(name, "an object", value)
        return cls(value, make_error)

    def mapping(self, name: str, path: str = "") -> "FieldReader":
        """Return a reader of the mapping in a field, which errors call `path`, or else `name`."""
        return FieldReader.of(self.values.get(name), path or name, self.make_error)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it must not be empty."""
        value = self.values.get(name, default)
        if not isinstance(value, str) or (default is None and not value):
            raise self.make_error(name, "a text", value)
        return value

    def number(self, name: str, default: float) -> float:
        """Return a number from 0 to below `MAX_NUMBER`; true and false are not numbers."""
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MAX_NUMBER:
            raise self.make_error(name, "a number of at least 0", value)
        return float(value)
