"""Language of a response, from the request's Accept-Language header."""

from collections.abc import Mapping
from typing import Any

from blastlens.domain.text_catalogue import Catalogue, Language, load_catalogue


def read_language(event: Mapping[str, Any], default: Language = Language.ENGLISH) -> Language:
    """Return the language that an HTTP API event prefers among those that there are texts in; else the default."""
    header = (event.get("headers") or {}).get("accept-language", "")
    weighted = sorted((_weight(part), -place, part) for place, part in enumerate(header.split(",")))
    for weight, _, part in reversed(weighted):
        tag = part.partition(";")[0].strip().lower().partition("-")[0]
        if weight > 0 and tag in tuple(Language):
            return Language(tag)
    return default


def catalogue_of(event: Mapping[str, Any]) -> Catalogue:
    """Return the texts of the language that an HTTP API event prefers."""
    return load_catalogue(read_language(event))


def _weight(part: str) -> float:
    _, _, quality = part.partition(";q=")
    try:
        return float(quality) if quality else 1.0
    except ValueError:
        return 0.0
