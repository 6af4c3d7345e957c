"""Authorizers of the HTTP API: what a function receives about the caller."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from blastlens.local.event_sources.invocation import ACCOUNT
from blastlens.local.http.http_events import Request

IAM = "AWS_IAM"
"""Name of the authorizer of signed requests."""


class Unauthorized(Exception):
    """A request that its authorizer refuses.

    Attributes:
        challenge: value of the response's header WWW-Authenticate.
    """

    def __init__(self, challenge: str) -> None:
        super().__init__(challenge)
        self.challenge = challenge


Authorizer = Callable[[Request], Mapping[str, Any]]
"""Returns `requestContext.authorizer` of a request, or raises Unauthorized."""


def authorize_every_signature(request: Request) -> Mapping[str, Any]:
    """Return the caller of a signed request.

    Signatures are not checked here: every caller is the same user.
    """
    return {
        "iam": {
            "accessKey": "local",
            "accountId": ACCOUNT,
            "callerId": "local",
            "cognitoIdentity": None,
            "principalOrgId": None,
            "userArn": f"arn:aws:iam::{ACCOUNT}:user/local",
            "userId": "local",
        }
    }


AUTHORIZERS: Mapping[str, Authorizer] = MappingProxyType({IAM: authorize_every_signature})
"""The authorizers that need no settings."""
