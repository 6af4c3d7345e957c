"""OpenAPI description of the clinicians' API, generated from its routes."""

from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from blastlens.functions.clinician.handler import make_app
from blastlens.functions.clinician.routes import ClinicianDependencies
from blastlens.functions.openapi_documents import make_document, no_clients
from blastlens.functions.report.openapi import describe_report
from blastlens.functions.telemetry import make_telemetry

_DESCRIPTION = (
    "Worklist, examinations, images, reviews, signatures and uploads for the clinicians' page. The bearer token is the "
    "ID token of the user pool; it names the clinic, so no path does. Problems are RFC 9457, in the language of "
    "Accept-Language. Nothing here is a diagnosis, and a benign answer does not rule leukemia out."
)


def describe(version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every route of `/v1`.

    Args:
        version: version of blastlens.
    """
    app = make_app(no_clients(ClinicianDependencies), make_telemetry("openapi"))
    bearer = {"clinician": HTTPBearer(scheme="bearer", bearerFormat="JWT", description="ID token.")}
    document = make_document(app, version, "blastlens for clinicians", _DESCRIPTION, bearer)
    document["paths"] |= describe_report()
    return document
