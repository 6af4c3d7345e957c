"""Handler of the patient function: the routes of `/p/v1`, which are public."""

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)

from blastlens.domain.errors import ServiceFault
from blastlens.functions.clinician.languages import catalogue_of
from blastlens.functions.clinician.problems import Problem, ProblemKind, make_response
from blastlens.functions.clinician.requests import describe_wrong, wrong_places
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.routes import PatientRoutes
from blastlens.functions.private_responses import with_private_headers
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry


def make_app(dependencies: PatientPageDependencies, telemetry: Telemetry) -> APIGatewayHttpResolver:
    """Return the resolver with every route of `/p/v1`."""
    app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
    PatientRoutes(dependencies, app, telemetry).add()
    _handle_errors(app, telemetry)
    return app


def make_handler(dependencies: PatientPageDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler for requests of an HTTP API, payload format 2.0."""
    observed = telemetry or make_telemetry("patient")
    app = make_app(dependencies, observed)

    def handle(event: Event, context: Any) -> dict[str, Any]:
        if not str(event["rawPath"]).isprintable():
            # A line break at its end would match the route of the path without it: nothing lies there.
            event = {**event, "rawPath": "/"}
        return with_private_headers(app.resolve(event, context))

    return observed.wrap(handle)


def _handle_errors(app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
    def answer(problem: Problem) -> Response[str]:
        return make_response(problem, catalogue_of(app.current_event.raw_event))

    def invalid(error: RequestValidationError) -> Response[str]:
        catalogue = catalogue_of(app.current_event.raw_event)
        problem, values = describe_wrong(wrong_places(error.errors()), catalogue)
        return make_response(problem, catalogue, values)

    def failed(error: ResponseValidationError) -> Response[str]:
        telemetry.logger.error("an answer breaks its own contract", places=[one["type"] for one in error.errors()][:20])
        return answer(Problem(ProblemKind.SERVICE_FAILED))

    def service_failed(fault: ServiceFault) -> Response[str]:
        telemetry.item_failed("request", fault)
        return answer(Problem(ProblemKind.SERVICE_BUSY if fault.can_retry else ProblemKind.SERVICE_FAILED))

    app.exception_handler(Problem)(answer)
    app.exception_handler(RequestValidationError)(invalid)
    app.exception_handler(RequestUnsupportedContentType)(lambda error: answer(Problem(ProblemKind.NOT_JSON)))
    app.exception_handler(ResponseValidationError)(failed)
    app.exception_handler(NotFoundError)(lambda error: answer(Problem(ProblemKind.NOT_FOUND)))
    app.exception_handler(ServiceFault)(service_failed)
