"""Handler of the patient function: the routes of `/p/v1`, which are public."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from blastlens.functions.clinician.problems import Problem
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.routes import PatientRoutes
from blastlens.functions.private_responses import with_private_headers
from blastlens.functions.problem_handlers import ProblemHandlers
from blastlens.functions.problem_responses import problem_response
from blastlens.functions.request_guard import refuse_malformed
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

_MAX_BODY = 2**13
"""The largest body is a browser's subscription: about 1.5 kB."""


def make_app(dependencies: PatientPageDependencies, telemetry: Telemetry) -> APIGatewayHttpResolver:
    """Return the resolver with every route of `/p/v1`."""
    app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
    PatientRoutes(dependencies, app, telemetry).add()
    ProblemHandlers(app, telemetry).add()
    return app


def make_handler(dependencies: PatientPageDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler for requests of an HTTP API, payload format 2.0."""
    observed = telemetry or make_telemetry("patient")
    app = make_app(dependencies, observed)

    def handle(event: Event, context: Any) -> dict[str, Any]:
        try:
            refuse_malformed(event, _MAX_BODY)
        except Problem as problem:
            return with_private_headers(problem_response(event, problem))
        return with_private_headers(app.resolve(event, context))

    return observed.wrap(handle)
