"""State of one request of a patient, and the record of its access."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.domain.access import Access, Subject
from blastlens.domain.errors import ServiceFault
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import Session
from blastlens.functions.access_control import request_id_of
from blastlens.functions.callers import address_of
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.telemetry import Event

_BEARER = "bearer "


@dataclass(frozen=True)
class PatientAccess:
    """An access to be recorded.

    Attributes:
        patient: whose results.
        code_id: the access code.
        action: method and route, without ids.
        status: HTTP status of the response.
    """

    patient: PatientId
    code_id: str
    action: str
    status: int


def read_token(event: Event) -> str:
    """Return the session's token of a request; empty for none."""
    given = str((event.get("headers") or {}).get("authorization", ""))
    return given[len(_BEARER) :] if given.lower().startswith(_BEARER) else ""


def read_session(event: Event, access: PatientAccessTable, now: datetime) -> Session:
    """Return the session of a request.

    Raises:
        Problem: there is none, it is over, or its code opens nothing any more.
        ServiceFault: DynamoDB refused; ServiceUnavailable where a retry may help.
    """
    session = access.session(read_token(event), now)
    if session is None:
        raise Problem(ProblemKind.SESSION_OVER)
    return session


def record_access(
    trail: AuditTrail, event: Event, done: PatientAccess, now: datetime, examinations: Iterable[str | None] = (None,)
) -> None:
    """Write a record of an access for each examination, before anything of it is shown.

    Raises:
        Problem: it could not be recorded, so that nothing may be shown.
    """
    accesses = [
        Access(
            at=now,
            caller=f"patient-code/{done.code_id}",
            address=address_of(event),
            action=done.action,
            status=done.status,
            request_id=request_id_of(event),
            subject=Subject(done.patient.clinic_id, done.patient.patient_id, one),
        )
        for one in examinations
    ]
    try:
        trail.write(accesses)
    except ServiceFault:
        raise Problem(ProblemKind.NOT_RECORDED) from None
