"""The api function: one handler for the routes of uploads and examinations.

Access is controlled by API Gateway, which rejects every request that is not signed by an identity with permission to
invoke the route, and by `access_control`, which compares a clinic's role with the path and records each access.
"""

import json
from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types

from blastlens.cloud.tables.results import InvalidCursor
from blastlens.domain.errors import BlastlensError, ServiceFault
from blastlens.domain.signing import BasisChanged, SigningRefused
from blastlens.functions.access_control import AccessControl
from blastlens.functions.examination_routes import ExaminationRoutes
from blastlens.functions.examination_views import examination_view
from blastlens.functions.private_responses import with_private_headers
from blastlens.functions.requests import InvalidRequest
from blastlens.functions.responses import View
from blastlens.functions.routes import ApiDependencies
from blastlens.functions.sign_off import ExaminationMissing
from blastlens.functions.telemetry import Handler, Telemetry, make_telemetry
from blastlens.functions.upload_routes import UploadRoutes


def make_handler(dependencies: ApiDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler for requests of an HTTP API, payload format 2.0."""
    observed = telemetry or make_telemetry("api")
    app = APIGatewayHttpResolver()
    UploadRoutes(dependencies, app).add()
    ExaminationRoutes(dependencies, app).add()
    _handle_errors(app, observed)
    control = AccessControl(dependencies.trail, dependencies.clock, observed)
    return observed.wrap(
        lambda event, context: with_private_headers(control.respond(event, lambda: app.resolve(event, context)))
    )


def _handle_errors(app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
    def bad_request(error: BlastlensError) -> Response[str]:
        return _error(HTTPStatus.BAD_REQUEST, str(error))

    def not_found(error: ExaminationMissing) -> Response[str]:
        return _error(HTTPStatus.NOT_FOUND, str(error))

    def refused(error: SigningRefused) -> Response[str]:
        status = HTTPStatus.PRECONDITION_FAILED if isinstance(error, BasisChanged) else HTTPStatus.CONFLICT
        return _error(status, str(error), examination=examination_view(error.examination))

    def service_failed(error: ServiceFault) -> Response[str]:
        telemetry.item_failed("request", error)
        status = HTTPStatus.SERVICE_UNAVAILABLE if error.can_retry else HTTPStatus.INTERNAL_SERVER_ERROR
        return _error(status, "the service is busy, try again" if error.can_retry else "the service failed")

    app.exception_handler([InvalidRequest, InvalidCursor])(bad_request)
    app.exception_handler(ExaminationMissing)(not_found)
    app.exception_handler(SigningRefused)(refused)
    app.exception_handler(ServiceFault)(service_failed)


def _error(status: HTTPStatus, message: str, **more: View) -> Response[str]:
    """Return the response of an error; `more` is what the client needs to go on."""
    body = json.dumps({"statusCode": int(status), "message": message, **more})
    return Response(int(status), content_types.APPLICATION_JSON, body)
