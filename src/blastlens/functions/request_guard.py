"""Checks of a request before it is routed: path, size and body."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from blastlens.functions.clinician.problems import Problem, ProblemKind

_JSON = "application/json"
_MAX_LEVELS = 16
"""Levels of lists and objects in a body; the deepest that a route takes has four."""


def refuse_malformed(event: Mapping[str, Any], max_body: int) -> None:
    """Refuse what no route takes, and what the resolver would route or parse differently.

    Args:
        event: an HTTP API event, payload format 2.0.
        max_body: characters of the largest body, as the event has it.

    Raises:
        Problem: the path has characters that cannot be printed, or the body is too large or not a JSON object.
    """
    if not str(event["rawPath"]).isprintable():
        # A line break at its end would match the route of the path without it.
        raise Problem(ProblemKind.NOT_FOUND)
    if event["requestContext"]["http"]["method"] == "GET":
        return
    body = str(event.get("body") or "")
    if len(body) > max_body:
        raise Problem(ProblemKind.TOO_LARGE)
    given_type = str((event.get("headers") or {}).get("content-type", "")).partition(";")[0].strip().lower()
    # The resolver reads forms, too, and the type of a body that is not there.
    if given_type != _JSON and (body or given_type):
        raise Problem(ProblemKind.NOT_JSON)
    if body and not _is_object(_decoded(body) if event.get("isBase64Encoded") else body):
        raise Problem(ProblemKind.NOT_JSON)


def _decoded(body: str) -> str:
    try:
        return base64.b64decode(body).decode()
    except ValueError:
        raise Problem(ProblemKind.NOT_JSON) from None


def _is_object(text: str) -> bool:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and not _is_deeper(value, _MAX_LEVELS)


def _refuse_constant(name: str) -> None:
    """Refuse NaN and infinities, which Python reads and JSON does not have."""
    raise ValueError(name)


def _is_deeper(value: object, levels: int) -> bool:
    """Check whether a value has more levels of lists and objects: the resolver parses it again, further down."""
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in parts)
