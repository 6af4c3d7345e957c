"""The texts that clinics and patients read, by language: data beside this file, behind one small face."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "words"


class Language(StrEnum):
    """What clinics and patients can be told in, by ISO 639-1."""

    ENGLISH = "en"
    GERMAN = "de"


@dataclass(frozen=True)
class Catalogue:
    """All texts of one language.

    Attributes:
        language: which.
        texts: key, as `patient.finding`, → text with {places} to fill.
    """

    language: Language
    texts: Mapping[str, str]

    def say(self, key: str, **values: str) -> str:
        """Return a text with its places filled.

        Raises:
            KeyError: there is no such text, or a place was given no value.
        """
        return self.texts[key].format(**values)

    def number(self, value: float, decimals: int) -> str:
        """Return a number as the language writes it."""
        return f"{value:.{decimals}f}".replace(".", self.texts["numbers.decimal"])

    def percent(self, share: float, decimals: int) -> str:
        """Return a share, 0 to 1, in percent as the language writes it."""
        return self.say("numbers.percent", number=self.number(share * 100, decimals))


@cache
def catalogue(language: Language) -> Catalogue:
    """Return the texts of a language, read from their file once."""
    parts = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Catalogue(language, dict(_flat(parts, "")))


def _flat(parts: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, part in parts.items():
        if isinstance(part, str):
            yield f"{before}{name}", part
        else:
            yield from _flat(part, f"{before}{name}.")
