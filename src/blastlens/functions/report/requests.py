"""Requests for reports: path, language, and who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.requests import InvalidRequest, WrongPlace
from blastlens.functions.clinician.users import NoClinic, NotSignedIn, read_user
from blastlens.functions.patient_page.requests import read_session
from blastlens.functions.telemetry import Event

CLINICIAN_ROUTE = "GET /v1/patients/{patient_id}/examinations/{examination_id}/report.pdf"
PATIENT_ROUTE = "GET /p/v1/examinations/{examination_id}/report.pdf"

ID_PATTERN = "[A-Za-z0-9_-]{1,64}"
_CLINICIAN_PATH = re.compile(
    rf"/v1/patients/(?P<patient>{ID_PATTERN})/examinations/(?P<examination>{ID_PATTERN})/report\.pdf"
)
_PATIENT_PATH = re.compile(rf"/p/v1/examinations/(?P<examination>{ID_PATTERN})/report\.pdf")
_LANGUAGE = "language"


@dataclass(frozen=True)
class ReportRequest:
    """A request for a report, of a caller who may see the clinic or the patient that it names.

    Attributes:
        identity: the examination. Clinic and, for a patient, patient come from the token, never from the path.
        caller: opaque identity of who asks, for the audit trail.
        route: method and route, without ids.
        is_patients: whether a patient asks.
    """

    identity: ExaminationId
    caller: str
    route: str
    is_patients: bool


def read_request(event: Event, access: PatientAccessTable, now: datetime) -> ReportRequest:
    """Return what an HTTP API event asks for (payload format 2.0).

    Raises:
        Problem: nobody is signed in, or the path is no route of a report.
        ServiceFault: DynamoDB refused; ServiceUnavailable where a retry may help.
    """
    path = str(event["rawPath"])
    if path.startswith("/p/"):
        session = read_session(event, access, now)
        found = _matched(_PATIENT_PATH, path)
        patient = session.patient
        identity = ExaminationId(patient.clinic_id, patient.patient_id, found["examination"])
        return ReportRequest(identity, f"patient-code/{session.code_id}", PATIENT_ROUTE, is_patients=True)
    try:
        user = read_user(event)
    except NotSignedIn:
        raise Problem(ProblemKind.NOT_SIGNED_IN) from None
    except NoClinic:
        raise Problem(ProblemKind.NO_CLINIC) from None
    found = _matched(_CLINICIAN_PATH, path)
    identity = ExaminationId(user.clinic_id, found["patient"], found["examination"])
    return ReportRequest(identity, user.identity, CLINICIAN_ROUTE, is_patients=False)


def read_report_language(event: Event) -> Language | None:
    """Return the language that the query names; None for that of the clinic.

    Raises:
        InvalidRequest: the query names another one, or has other parameters.
    """
    query: Mapping[str, str] = event.get("queryStringParameters") or {}
    wrong = [WrongPlace("query", "unknown_query", {"known": _LANGUAGE})] if set(query) - {_LANGUAGE} else []
    text = query.get(_LANGUAGE)
    if text is not None and text not in tuple(Language):
        wrong.append(WrongPlace(_LANGUAGE, "one_of", {"expected": ", ".join(Language)}))
    if wrong:
        raise InvalidRequest(wrong)
    return None if text is None else Language(text)


def _matched(pattern: re.Pattern[str], path: str) -> re.Match[str]:
    found = pattern.fullmatch(path)
    if found is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return found
