"""State and checks of one request: its user, query and wrong values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from blastlens.domain.access import Subject
from blastlens.domain.errors import BlastlensError
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.clinician.problems import Problem, ProblemKind, WrongValue
from blastlens.functions.clinician.users import User

_TEXTS: Mapping[str, str] = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "string_pattern_mismatch": "pattern",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "too_short": "too_few",
    "too_long": "too_many",
    "greater_than_equal": "at_least",
    "less_than_equal": "at_most",
    "enum": "one_of",
    "literal_error": "one_of",
    "string_type": "text",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_from_float": "integer",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "list_type": "list",
    "model_type": "object",
    "model_attributes_type": "object",
    "dict_type": "object",
}
"""Type of an error of pydantic -> text `wrong.NAME`; the others are `wrong.value`."""

MAX_WRONG = 100
"""Wrong values that one answer names: a body may have more of them than an answer has room for."""

_MAX_PLACE = 100
_LIMITS = ("ge", "le", "min_length", "max_length", "expected")


@dataclass
class RequestState:
    """State of one request.

    Attributes:
        user: the signed-in user.
        action: method and route, without ids, for the audit trail.
        is_recorded: whether the audit trail records the request.
        links: fields and kinds of the links that the answer has, for a record of each.
        ids: ids by name that the body names, where the path does not.
    """

    user: User
    action: str
    is_recorded: bool = True
    links: list[tuple[Subject, str, str]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class WrongPlace:
    """A value that is missing or wrong: where it stands, and the text about it.

    Attributes:
        place: where it stands, as `moves.0.kind`.
        text: the text is `wrong.TEXT`.
        values: values of its placeholders.
    """

    place: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


class NotModified(BlastlensError):
    """The client has the answer already: nothing is shown, and nothing is recorded."""

    def __init__(self, etag: str) -> None:
        super().__init__("the answer has not changed")
        self.etag = etag


def has_seen(event: Mapping[str, Any], etag: str) -> bool:
    """Return whether a request's If-None-Match names an ETag; CloudFront marks those of compressed answers as weak."""
    header = str((event.get("headers") or {}).get("if-none-match", ""))
    return etag in [one.strip().removeprefix("W/") for one in header.split(",")]


class InvalidRequest(BlastlensError):
    """A request with missing or wrong values, all of which are named at once."""

    def __init__(self, wrong: Sequence[WrongPlace]) -> None:
        super().__init__("the request has missing or wrong values")
        self.wrong = wrong


def describe_wrong(wrong: Iterable[WrongPlace], catalogue: Catalogue) -> tuple[Problem, list[WrongValue]]:
    """Return the problem of missing or wrong values, and a sentence about each in the language of a catalogue.

    Of many values the first are named.
    """
    named = islice(wrong, MAX_WRONG)
    values = [WrongValue(one.place[:_MAX_PLACE], catalogue.fill(f"wrong.{one.text}", **one.values)) for one in named]
    fields = ", ".join(dict.fromkeys(one.field for one in values))
    return Problem(ProblemKind.INVALID_REQUEST, fields=fields), values


def wrong_places(errors: Iterable[Mapping[str, Any]]) -> list[WrongPlace]:
    """Return the places of pydantic's errors. What the caller sent is not repeated: it may be a person's name."""
    return [_wrong_place(error) for error in errors]


def refuse_unknown_query(given: Mapping[str, str] | None, known: Iterable[Any]) -> None:
    """Refuse parameters that a route does not have: a misspelled filter would show too much.

    Raises:
        InvalidRequest: there are some.
    """
    names = sorted(one.alias for one in known)
    if set(given or {}) - set(names):
        raise InvalidRequest(
            [WrongPlace("query", "unknown_query" if names else "no_query", {"known": ", ".join(names)})]
        )


def _wrong_place(error: Mapping[str, Any]) -> WrongPlace:
    # The first part says where the value stands: path, query or body.
    parts = [str(part) for part in error["loc"][1:]] or [str(error["loc"][0])]
    context = error.get("ctx") or {}
    limits = {name: str(context[name]).replace("'", "").replace(" or ", ", ") for name in _LIMITS if name in context}
    return WrongPlace(".".join(parts), _TEXTS.get(error["type"], "value"), limits)
