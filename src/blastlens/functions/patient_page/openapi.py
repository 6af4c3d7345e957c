"""OpenAPI description of the patients' API, generated from its routes."""

from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from blastlens.functions.openapi_documents import make_document, no_clients
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.handler import make_app
from blastlens.functions.patient_page.routes import SECURITY
from blastlens.functions.report.openapi import describe_patient_report
from blastlens.functions.telemetry import make_telemetry

_DESCRIPTION = (
    "Sign-in, signed results, reports and messages for the patient's page. The routes are public and throttled: API "
    "Gateway answers 429 with a body of its own. The bearer token is that of a session, which the code and the PIN of "
    "a clinic open for 15 minutes; it names the patient, so no path does. Problems are RFC 9457, in the language of "
    "Accept-Language. Only what a clinician has signed is shown."
)


def describe(version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route of `/p/v1`.

    Args:
        version: version of blastlens.
    """
    app = make_app(no_clients(PatientPageDependencies), make_telemetry("openapi"))
    bearer = {SECURITY: HTTPBearer(scheme="bearer", description="Token of a session.")}
    document = make_document(app, version, "blastlens for patients", _DESCRIPTION, bearer)
    document["paths"] |= describe_patient_report()
    return document
