"""Users of the clinicians' page: name, clinic and roles of their token."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.domain.clinician import Role, roles_by_clinic
from blastlens.domain.errors import BlastlensError


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
    clinics = roles_by_clinic(str(claims.get("cognito:groups", "")).strip("[]").split())
    if len(clinics) != 1:
        raise NoClinic("the user belongs to no clinic" if not clinics else "the user belongs to several clinics")
    ((clinic_id, roles),) = clinics.items()
    return User(f"user/{claims['sub']}", str(claims["name"]), clinic_id, roles | {Role.READER})
