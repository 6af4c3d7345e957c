"""OpenAPI descriptions of the routes of reports, for clinicians and patients.

The report function answers them, which has no resolver that could describe itself.
"""

from collections.abc import Iterable
from typing import Any

from blastlens.domain.text_catalogue import Language
from blastlens.functions.clinician.problems import ProblemKind
from blastlens.functions.openapi_documents import describe_problems
from blastlens.functions.report.requests import CLINICIAN_ROUTE, ID_PATTERN, PATIENT_ROUTE

_ALWAYS = (
    ProblemKind.NOT_FOUND,
    ProblemKind.EXAMINATION_MISSING,
    ProblemKind.INVALID_REQUEST,
    ProblemKind.SERVICE_FAILED,
    ProblemKind.SERVICE_BUSY,
    ProblemKind.NOT_RECORDED,
)
_IDS = {
    "patient_id": "Opaque id of the patient in the clinic.",
    "examination_id": "Opaque id of the examination.",
}


def describe_report() -> dict[str, Any]:
    """Return the path of reports with its operation, for the OpenAPI document of the clinicians' API."""
    texts = {
        "summary": "Return the report of an examination as a PDF of one page",
        "description": "It is a draft where nobody has signed. The FHIR R4 DiagnosticReport is attached to it.",
        "operationId": "report",
    }
    problems = (ProblemKind.NOT_SIGNED_IN, ProblemKind.NO_CLINIC, ProblemKind.PATIENT_ERASED, *_ALWAYS)
    return _path(CLINICIAN_ROUTE, ["examination"], texts, _IDS, problems, "clinician")


def describe_patient_report() -> dict[str, Any]:
    """Return the path of reports with its operation, for the OpenAPI document of the patients' API."""
    texts = {
        "summary": "Return the report of a signed examination as a PDF of one page, in plain words",
        "description": "There is none of an examination that nobody has signed.",
        "operationId": "report",
    }
    return _path(
        PATIENT_ROUTE, ["examinations"], texts, ["examination_id"], (ProblemKind.SESSION_OVER, *_ALWAYS), "session"
    )


def _path(
    route: str, tags: list[str], texts: dict[str, str], ids: Iterable[str], problems: Iterable[ProblemKind], scheme: str
) -> dict[str, Any]:
    method, _, path = route.partition(" ")
    responses: dict[str, Any] = {"200": {"description": "The report.", "content": {"application/pdf": {}}}}
    operation = {
        "tags": tags,
        **texts,
        "parameters": [*map(_id_parameter, ids), _language_parameter()],
        "responses": responses | describe_problems(problems),
        "security": [{scheme: []}],
    }
    return {path: {method.lower(): operation}}


def _id_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": f"^{ID_PATTERN}$"}
    return {"name": name, "in": "path", "required": True, "description": _IDS[name], "schema": schema}


def _language_parameter() -> dict[str, Any]:
    schema = {"type": "string", "enum": [str(one) for one in Language]}
    return {
        "name": "language",
        "in": "query",
        "required": False,
        "description": "Language of the report; the clinic's by default.",
        "schema": schema,
    }
