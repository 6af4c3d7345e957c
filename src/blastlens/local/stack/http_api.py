"""Routes and authorizers of an HTTP API, read from its OpenAPI document."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.local.http.routes import Route

ApiBody = Mapping[str, Any]

_PUBLIC = "NONE"
"""What SAM writes in the place of an authorizer for a public route."""

_ANY = "x-amazon-apigateway-any-method"
_FUNCTION = re.compile(r".*/functions/(?P<name>[^/]+)/invocations")


@dataclass(frozen=True)
class TokenAuthorizer:
    """Settings of an authorizer of tokens.

    Attributes:
        issuer: the only issuer whose tokens it accepts.
        audience: ids of clients, one of which the token has to be for.
    """

    issuer: str
    audience: tuple[str, ...]

    @property
    def keys_url(self) -> str:
        """Where API Gateway gets the issuer's keys from."""
        return f"{self.issuer}/.well-known/jwks.json"


def read_routes(apis: Iterable[ApiBody]) -> tuple[Route, ...]:
    """Return every route of APIs, in the order of their keys."""
    return tuple(sorted((one for body in apis for one in _routes_of(body)), key=lambda route: route.key))


def read_authorizers(apis: Iterable[ApiBody]) -> dict[str, TokenAuthorizer]:
    """Return the authorizers of tokens, by name."""
    schemes = [item for body in apis for item in body.get("components", {}).get("securitySchemes", {}).items()]
    found = {name: one.get("x-amazon-apigateway-authorizer", {}) for name, one in schemes}
    return {
        name: TokenAuthorizer(one["jwtConfiguration"]["issuer"], tuple(one["jwtConfiguration"]["audience"]))
        for name, one in found.items()
        if one.get("type") == "jwt"
    }


def _routes_of(body: ApiBody) -> Iterator[Route]:
    for path, methods in body["paths"].items():
        for method, operation in methods.items():
            target = _FUNCTION.fullmatch(operation["x-amazon-apigateway-integration"]["uri"])
            authorizers = [name for one in operation.get("security", []) for name in one if name != _PUBLIC]
            yield Route(
                f"{'ANY' if method == _ANY else method.upper()} {path}",
                target["name"] if target else "",
                next(iter(authorizers), None),
            )
