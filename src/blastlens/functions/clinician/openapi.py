"""OpenAPI description of the clinicians' API, generated from its routes."""

import json
from dataclasses import fields
from typing import Any, cast

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer

from blastlens.functions.clinician.handler import make_app
from blastlens.functions.clinician.routes import ClinicianDependencies
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
    nothing = dict.fromkeys((field.name for field in fields(ClinicianDependencies)), cast(Any, None))
    app = make_app(ClinicianDependencies(**nothing), make_telemetry("openapi"))
    text = app.get_openapi_json_schema(
        title="blastlens for clinicians",
        version=version,
        description=_DESCRIPTION,
        security_schemes={"clinician": HTTPBearer(scheme="bearer", bearerFormat="JWT", description="ID token.")},
    )
    document = _with_own_problems(json.loads(text))
    document["paths"] |= describe_report()
    return document


def _with_own_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without Powertools' own errors, in whose place the routes answer problems."""
    for path in document["paths"].values():
        for operation in path.values():
            problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
            operation["responses"]["500"] = {"description": "Problem: service-failed", "content": problem}
            operation["responses"] = dict(sorted(operation["responses"].items()))
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
