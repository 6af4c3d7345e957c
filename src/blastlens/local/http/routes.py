"""Route matching of an HTTP API, with Werkzeug's URL map."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

DEFAULT_ROUTE = "$default"


@dataclass(frozen=True)
class Route:
    """A route of an HTTP API.

    Attributes:
        key: method and path, `GET /clinics/{clinic_id}/results`.
        function: logical id of the function that it invokes.
        authorizer: name of the authorizer that a request has to pass; None for a public route.
    """

    key: str
    function: str
    authorizer: str | None = None


@dataclass(frozen=True)
class Match:
    """A request's route.

    Attributes:
        key: the route as the template writes it, `GET /clinics/{clinic_id}/results`.
        parameters: the values of the path's parameters, decoded.
    """

    key: str
    parameters: dict[str, str]


def match_route(routes: Iterable[str], method: str, path: str) -> Match | None:
    """Return the route of a request, or None.

    As in API Gateway, another method than the route's is no match.

    Args:
        routes: as `METHOD /path`, with `{name}` for one segment and `{name+}` for all that remain;
            `ANY` for every method, `$default` for every other request. Fixed segments precede parameters.
        method: of the request.
        path: of the request, still percent-encoded.
    """
    keys = tuple(routes)
    # Werkzeug strips further slashes at the start; API Gateway does not.
    if not path.startswith("//"):
        try:
            key, values = _url_map(keys).bind("").match(path, method)
            return Match(key, {name: unquote(value) for name, value in values.items()})
        except HTTPException:
            pass
    return Match(DEFAULT_ROUTE, {}) if DEFAULT_ROUTE in keys else None


@cache
def _url_map(keys: tuple[str, ...]) -> Map:
    # Of two routes with the same path, the first one wins.
    rules = [_rule(key) for key in sorted(keys, key=lambda key: key.startswith("ANY ")) if key != DEFAULT_ROUTE]
    return Map(rules, merge_slashes=False)


def _rule(key: str) -> Rule:
    method, _, path = key.partition(" ")
    rule = Rule(re.sub(r"\{(\w+)(\+?)\}", _placeholder, path), endpoint=key)
    rule.methods = None if method == "ANY" else {method}  # Rule(methods={"GET"}) would also match HEAD
    return rule


def _placeholder(parameter: re.Match[str]) -> str:
    return f"<path:{parameter[1]}>" if parameter[2] else f"<{parameter[1]}>"
