"""Authorizer of tokens, which checks them as API Gateway's does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.request import ProxyHandler, build_opener

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from blastlens.local.http.authorizers import Unauthorized
from blastlens.local.http.http_events import Request
from blastlens.local.stack.http_api import TokenAuthorizer

_ALGORITHMS = ["RS256"]
_SECONDS = 5


class InvalidToken(Exception):
    """A token that is not accepted; the message says why."""


@dataclass(frozen=True)
class TokenVerifier:
    """Accepts a token of one issuer, for one client, signed by one of its keys.

    Attributes:
        settings: issuer and audience.
        keys: the issuer's keys. They are configured apart from its name: moto's tokens name AWS as their issuer.
    """

    settings: TokenAuthorizer
    keys: KeySet

    def authorize(self, request: Request) -> Mapping[str, Any]:
        """Return `requestContext.authorizer` of a request.

        Raises:
            Unauthorized: it has no token, or one that is not accepted.
        """
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Bearer")
        try:
            claims = self.verify(token.strip())
        except InvalidToken as error:
            raise Unauthorized(f'Bearer scope="" error="invalid_token" error_description="{error}"') from None
        return {"jwt": {"claims": {name: _as_text(value) for name, value in claims.items()}, "scopes": None}}

    def verify(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token.

        Raises:
            InvalidToken: signature, issuer, times or client are not accepted.
        """
        essential = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.settings.issuer}, exp={"essential": True}
        )
        try:
            claims = jwt.decode(token, self.keys, algorithms=_ALGORITHMS).claims
            essential.validate(claims)
        except ExpiredTokenError:
            raise InvalidToken("the token has expired") from None
        except (JoseError, ValueError):
            raise InvalidToken("the token is invalid") from None
        # As in API Gateway: the client's id is compared only where a token has no audience, as access tokens do.
        if (claims.get("aud") or claims.get("client_id")) not in self.settings.audience:
            raise InvalidToken("the token is for another client")
        return claims


def load_keys(url: str) -> KeySet:
    """Load the keys of an issuer, without a proxy."""
    with build_opener(ProxyHandler({})).open(url, timeout=_SECONDS) as response:
        return KeySet.import_key_set(json.load(response))


def _as_text(value: Any) -> str:
    """Return a claim as API Gateway hands it over: everything is a text, and a list has brackets and spaces."""
    if isinstance(value, list):
        return f"[{' '.join(map(_as_text, value))}]"
    if isinstance(value, str):
        return value
    return json.dumps(value)
