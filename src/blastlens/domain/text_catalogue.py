"""Texts for clinics and patients by language, read from words/*.toml."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "words"


class Language(StrEnum):
    """Languages of the texts, by ISO 639-1."""

    ENGLISH = "en"
    GERMAN = "de"


@dataclass(frozen=True)
class Catalogue:
    """All texts of one language.

    Attributes:
        language: the language of the texts.
        texts: key, such as `patient.finding`, → text with {placeholders}.
    """

    language: Language
    texts: Mapping[str, str]

    def fill(self, key: str, **values: str) -> str:
        """Return a text with its placeholders filled.

        Raises:
            KeyError: the text does not exist, or a placeholder has no value.
        """
        return self.texts[key].format(**values)

    def format_number(self, value: float, decimals: int) -> str:
        """Format a number as the language writes it."""
        return f"{value:.{decimals}f}".replace(".", self.texts["numbers.decimal"])

    def format_date(self, time: datetime) -> str:
        """Format the day of a time, in UTC, as the language writes it."""
        utc = time.astimezone(UTC)
        month = self.texts["numbers.months"].split()[utc.month - 1]
        return self.fill("numbers.date", day=str(utc.day), month=month, year=str(utc.year))

    def format_time(self, time: datetime) -> str:
        """Format day and time of day, in UTC, as the language writes it."""
        return self.fill("numbers.time", date=self.format_date(time), clock=f"{time.astimezone(UTC):%H:%M}")

    def format_percent(self, share: float, decimals: int) -> str:
        """Format a share, 0 to 1, in percent as the language writes it."""
        return self.fill("numbers.percent", number=self.format_number(share * 100, decimals))


@cache
def load_catalogue(language: Language) -> Catalogue:
    """Read the texts of a language; the file is read once."""
    parts = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
    return Catalogue(language, dict(_flatten(parts, "")))


def _flatten(parts: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, part in parts.items():
        if isinstance(part, str):
            yield f"{prefix}{name}", part
        else:
            yield from _flatten(part, f"{prefix}{name}.")
