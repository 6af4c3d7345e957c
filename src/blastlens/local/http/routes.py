"""Routes of an HTTP API: which one a request takes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True)
class Match:
    """A request's route.

    Attributes:
        key: the route as the template writes it, `GET /clinics/{clinic_id}/results`.
        parameters: what stood in the path's places, decoded.
    """

    key: str
    parameters: dict[str, str]


def match_route(routes: Iterable[str], method: str, path: str) -> Match | None:
    """Return the most specific route that fits, as API Gateway chooses it; None where none does.

    Args:
        routes: as `METHOD /path`, with `{place}` for one part and `{place+}` for all that remain;
            `ANY` for every method, `$default` for everything else.
        method: of the request.
        path: of the request, still percent-encoded.
    """
    for key in sorted(routes, key=_specificity):
        if key == "$default":
            return Match(key, {})
        wanted_method, _, wanted_path = key.partition(" ")
        found = _pattern(wanted_path).fullmatch(path)
        if found and wanted_method in (method, "ANY"):
            return Match(key, {name: unquote(value) for name, value in found.groupdict().items()})
    return None


def _specificity(key: str) -> tuple[bool, bool, int, bool]:
    return key == "$default", "+}" in key, key.count("{"), key.startswith("ANY ")


def _pattern(path: str) -> re.Pattern[str]:
    parts = [_part(part) for part in re.split(r"(\{\w+\+?\})", path)]
    return re.compile("".join(parts))


def _part(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name = part.strip("{+}")
    return f"(?P<{name}>.+)" if part.endswith("+}") else f"(?P<{name}>[^/]+)"
