"""Accesses to results and images: who saw what, when, from where."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from blastlens.domain.declared_time import format_instant


@dataclass(frozen=True)
class Subject:
    """What an access concerns, by opaque ids; None where it concerns everything of the level above.

    `examination_id` of an upload without an examination is the upload's id.
    """

    clinic_id: str | None = None
    patient_id: str | None = None
    examination_id: str | None = None

    def covers(self, other: "Subject") -> bool:
        """Check whether `other` concerns this, or a part of it."""
        pairs = zip(asdict(self).values(), asdict(other).values(), strict=True)
        return all(own is None or own == found for own, found in pairs)

    def __str__(self) -> str:
        """Return the ids that are known, separated by slashes."""
        return "/".join(one for one in asdict(self).values() if one is not None)


@dataclass(frozen=True)
class Access:
    """One access to one result, as it is written into the audit trail.

    Attributes:
        at: when (UTC).
        caller: who: the identity that the cloud has authenticated, an ARN.
        address: from where: the network address of the request.
        action: what was done: the route, without ids, or the command.
        status: HTTP status of the response; 200 for a command.
        request_id: id of the request, which also stands in the log of the API.
        subject: the result.
        upload_id: the field, where the request names one.
    """

    at: datetime
    caller: str
    address: str
    action: str
    status: int
    request_id: str
    subject: Subject
    upload_id: str | None = None

    def to_plain(self) -> dict[str, Any]:
        """Return the record as JSON values, without the ids that it does not have."""
        ids = asdict(self.subject) | {"upload_id": self.upload_id}
        plain = {name: value for name, value in asdict(self).items() if name not in ("subject", "upload_id")}
        return plain | {"at": format_instant(self.at)} | {name: one for name, one in ids.items() if one is not None}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Return the access that `to_plain` wrote.

        Raises:
            KeyError, ValueError, TypeError: it was not written by `to_plain`.
        """
        return cls(
            at=datetime.fromisoformat(plain["at"]),
            caller=plain["caller"],
            address=plain["address"],
            action=plain["action"],
            status=int(plain["status"]),
            request_id=plain["request_id"],
            subject=Subject(plain.get("clinic_id"), plain.get("patient_id"), plain.get("examination_id")),
            upload_id=plain.get("upload_id"),
        )
