"""Callers of the API: their identity, and the clinic that their role belongs to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.domain.clinic import ROLE_NAME

UNKNOWN = "unknown"

_ASSUMED_ROLE = re.compile(r"arn:[a-z-]+:sts::\d{12}:assumed-role/(?P<role>[^/]+)/.*")


@dataclass(frozen=True)
class Caller:
    """The authenticated caller of a request.

    Attributes:
        identity: ARN, as API Gateway has authenticated it; "unknown" if the event has none.
        address: network address of the request.
        clinic_id: the clinic whose role the caller has; None for other callers, who may do what their policies allow.
    """

    identity: str
    address: str
    clinic_id: str | None

    def may_see(self, clinic_id: str | None) -> bool:
        """Check whether a path of a clinic is open to this caller.

        A clinic's role is compared with the path as well as by its policy: should the policy ever become too wide, it
        still sees its own clinic only.
        """
        return self.clinic_id is None or clinic_id == self.clinic_id


def read_caller(event: Mapping[str, Any]) -> Caller:
    """Return the caller of an HTTP API event, payload format 2.0."""
    context = event["requestContext"]
    iam = context.get("authorizer", {}).get("iam") or {}
    identity = str(iam.get("userArn") or UNKNOWN)
    address = address_of(event)
    assumed = _ASSUMED_ROLE.fullmatch(identity)
    role = ROLE_NAME.fullmatch(assumed["role"]) if assumed else None
    return Caller(identity, address, role["clinic"] if role else None)


def address_of(event: Mapping[str, Any]) -> str:
    """Return the network address of a request; "unknown" if the event has none."""
    return str(event["requestContext"].get("http", {}).get("sourceIp") or UNKNOWN)
