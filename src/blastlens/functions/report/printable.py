"""Replacement of characters that a PDF/A file must not contain or no font has."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from unicodedata import category

_NEVER = ("Cc", "Cn", "Co", "Cs")
"""Control characters, and what is unassigned, private or half of a pair: PDF/A forbids them, or no font has them."""

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change the writing direction: they could show a text in another order than it was typed."""

_FAMILIAR = re.compile(r"[\u0020-\u024f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u20ac\n]")
"""Latin, Greek and Cyrillic letters and their punctuation: every font that is used has them."""


def make_printable(text: str) -> str:
    """Return a text in which every character that cannot be printed is written as its code point, as [U+0007]."""
    return "".join(letter if _is_printable(letter) else _code_point(letter) for letter in text)


def spell_out(text: str, unknown: str) -> str:
    """Return a text in which the characters of `unknown` are written as their code points."""
    return "".join(_code_point(letter) if letter in unknown else letter for letter in text)


def spell_out_unfamiliar(text: str) -> str:
    """Return a text in which every character that some font may lack is written as its code point."""
    return "".join(letter if _FAMILIAR.fullmatch(letter) else _code_point(letter) for letter in text)


def map_texts(content: Any, change: Callable[[str], str]) -> Any:
    """Return JSON values with every text changed; the names of members stay."""
    if isinstance(content, str):
        return change(content)
    if isinstance(content, Mapping):
        return {name: map_texts(value, change) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [map_texts(value, change) for value in content]
    return content


def _is_printable(letter: str) -> bool:
    return letter == "\n" or (category(letter) not in _NEVER and letter not in _DIRECTIONS)


def _code_point(letter: str) -> str:
    return f"[U+{ord(letter):04X}]"
