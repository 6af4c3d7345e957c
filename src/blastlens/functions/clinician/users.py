"""Users of the clinicians' page: name, clinic and roles of their token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from blastlens.domain.errors import BlastlensError


class Role(StrEnum):
    """What a user may do. A signer and an admin may also read."""

    READER = "reader"
    SIGNER = "signer"
    ADMIN = "admin"


_GROUP = re.compile(rf"(?P<clinic>[A-Za-z0-9_-]{{1,64}})\.(?P<role>{'|'.join(Role)})")


class NotSignedIn(BlastlensError):
    """A request without a verified token."""


class NoClinic(BlastlensError):
    """A user who belongs to no clinic, or to several."""


@dataclass(frozen=True)
class User:
    """The signed-in user of a request.

    Attributes:
        identity: opaque id of the user in the user pool, with a prefix: what records contain.
        name: the user's name, as the token states it; signatures contain it.
        clinic_id: the user's clinic.
        roles: what the user may do, `reader` included.
    """

    identity: str
    name: str
    clinic_id: str
    roles: frozenset[Role]


def read_user(event: Mapping[str, Any]) -> User:
    """Return the user of an HTTP API event (payload format 2.0), whose token API Gateway has verified.

    Raises:
        NotSignedIn: the event has no claims of an ID token.
        NoClinic: the user is in the groups of no clinic, or of several.
    """
    authorizer = event["requestContext"].get("authorizer") or {}
    claims = (authorizer.get("jwt") or {}).get("claims") or {}
    if claims.get("token_use") != "id" or not claims.get("sub") or not claims.get("name"):
        raise NotSignedIn("the request has no ID token")
    groups = [_GROUP.fullmatch(group) for group in str(claims.get("cognito:groups", "")).strip("[]").split()]
    memberships = {(group["clinic"], Role(group["role"])) for group in groups if group is not None}
    clinics = {clinic for clinic, _ in memberships}
    if len(clinics) != 1:
        raise NoClinic("the user belongs to no clinic" if not clinics else "the user belongs to several clinics")
    roles = frozenset({Role.READER, *(role for _, role in memberships)})
    return User(f"user/{claims['sub']}", str(claims["name"]), clinics.pop(), roles)
