"""OpenAPI description of the route of reports for clinicians."""

from typing import Any

from blastlens.domain.text_catalogue import Language
from blastlens.functions.clinician.problems import CONTENT_TYPE, STATUSES, ProblemKind
from blastlens.functions.report.requests import CLINICIAN_ROUTE, ID_PATTERN

_KINDS = (
    ProblemKind.NOT_SIGNED_IN,
    ProblemKind.NO_CLINIC,
    ProblemKind.NOT_FOUND,
    ProblemKind.EXAMINATION_MISSING,
    ProblemKind.PATIENT_ERASED,
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
    """Return the path of reports with its operation, for the OpenAPI document of the clinicians' API.

    The report function answers it, which has no resolver that could describe itself.
    """
    method, _, path = CLINICIAN_ROUTE.partition(" ")
    operation = {
        "tags": ["examination"],
        "summary": "Return the report of an examination as a PDF of one page",
        "description": "It is a draft where nobody has signed. The FHIR R4 DiagnosticReport is attached to it.",
        "operationId": "report",
        "parameters": [*map(_id_parameter, _IDS), _language_parameter()],
        "responses": {"200": {"description": "The report.", "content": {"application/pdf": {}}}, **_problems()},
        "security": [{"clinician": []}],
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


def _problems() -> dict[str, Any]:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    names: dict[str, list[str]] = {}
    for kind in _KINDS:
        names.setdefault(str(int(STATUSES[kind])), []).append(str(kind).replace("_", "-"))
    return {
        status: {"description": f"Problem: {', '.join(kinds)}", "content": content}
        for status, kinds in sorted(names.items())
    }
