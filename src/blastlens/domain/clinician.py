"""Clinicians: their clinic and roles, as groups of the user pool."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_GROUP = re.compile(r"(?P<clinic>[A-Za-z0-9_-]{1,64})\.(?P<role>reader|signer|admin)")


class Role(StrEnum):
    """What a clinician may do in their clinic."""

    READER = "reader"
    SIGNER = "signer"
    ADMIN = "admin"


@dataclass(frozen=True)
class Clinician:
    """A person of a clinic.

    Attributes:
        id: opaque id, which stays when name or address change.
        name: as it stands beside their signatures.
        clinic_id: their clinic.
        roles: every role that they have. All may read; only a signer may sign; only a signer or an admin may hand out
            access codes to patients.
    """

    id: str
    name: str
    clinic_id: str
    roles: frozenset[Role]


def group_name(clinic_id: str, role: Role) -> str:
    """Return the group of a role in a clinic. An id has no point, so that no two clinics have the same group."""
    return f"{clinic_id}.{role}"


def roles_by_clinic(groups: Iterable[str]) -> dict[str, frozenset[Role]]:
    """Return the roles that groups stand for, by clinic; other groups are ignored."""
    found = [match for group in groups if (match := _GROUP.fullmatch(group))]
    clinics = dict.fromkeys(match["clinic"] for match in found)
    return {one: frozenset(Role(match["role"]) for match in found if match["clinic"] == one) for one in clinics}
