"""Handler of the clinician function: the routes of `/v1`, for signed-in users.

API Gateway verifies the token; `users` reads its clinic, which no path names; `access_record` records each access.
"""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from blastlens.cloud.tables.results import InvalidCursor
from blastlens.domain.refusal import Refused
from blastlens.functions.clinician.access_record import AccessRecord, Resolved
from blastlens.functions.clinician.audit_routes import AuditRoutes
from blastlens.functions.clinician.examination_routes import ExaminationRoutes
from blastlens.functions.clinician.field_routes import FieldRoutes
from blastlens.functions.clinician.me_routes import MeRoutes
from blastlens.functions.clinician.model_routes import ModelRoutes
from blastlens.functions.clinician.patient_routes import PatientRoutes
from blastlens.functions.clinician.problems import Problem, ProblemKind, make_response
from blastlens.functions.clinician.refusals import to_problem
from blastlens.functions.clinician.requests import NotModified, RequestState
from blastlens.functions.clinician.review_routes import ReviewRoutes
from blastlens.functions.clinician.routes import ClinicianDependencies, ClinicianRoutes
from blastlens.functions.clinician.signing_routes import SigningRoutes
from blastlens.functions.clinician.upload_routes import UploadRoutes
from blastlens.functions.clinician.users import NoClinic, NotSignedIn, read_user
from blastlens.functions.clinician.worklist_routes import WorklistRoutes
from blastlens.functions.private_responses import with_private_headers
from blastlens.functions.problem_handlers import ProblemHandlers
from blastlens.functions.problem_responses import problem_response
from blastlens.functions.request_guard import refuse_malformed
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

ROUTES: tuple[type[ClinicianRoutes], ...] = (
    MeRoutes,
    WorklistRoutes,
    ExaminationRoutes,
    FieldRoutes,
    ReviewRoutes,
    SigningRoutes,
    UploadRoutes,
    AuditRoutes,
    ModelRoutes,
    PatientRoutes,
)
"""Routes of `/v1`; each class adds its own with `add`."""

_MAX_BODY = 2**20
"""The largest body has 500 moves of cells: about 300 kB."""


def make_app(dependencies: ClinicianDependencies, telemetry: Telemetry) -> APIGatewayHttpResolver:
    """Return the resolver with every route of `/v1`."""
    app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
    for routes in ROUTES:
        routes(dependencies, app).add()
    _handle_errors(app, telemetry)
    return app


def make_handler(dependencies: ClinicianDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler for requests of an HTTP API, payload format 2.0."""
    observed = telemetry or make_telemetry("clinician")
    app = make_app(dependencies, observed)
    record = AccessRecord(dependencies.trail, dependencies.clock, observed)

    def handle(event: Event, context: Any) -> Resolved:
        try:
            state = RequestState(read_user(event), f"{event['requestContext']['http']['method']} /v1")
        except NotSignedIn:
            return problem_response(event, Problem(ProblemKind.NOT_SIGNED_IN))
        except NoClinic:
            return problem_response(event, Problem(ProblemKind.NO_CLINIC))
        return record.respond(event, state, lambda: _resolve(app, event, context, state))

    return observed.wrap(lambda event, context: with_private_headers(handle(event, context)))


def _resolve(app: APIGatewayHttpResolver, event: Event, context: Any, state: RequestState) -> Resolved:
    try:
        refuse_malformed(event, _MAX_BODY)
    except Problem as problem:
        return problem_response(event, problem)
    app.append_context(state=state)  # type: ignore[no-untyped-call]
    return app.resolve(event, context)


def _handle_errors(app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
    handlers, on = ProblemHandlers(app, telemetry), app.exception_handler
    handlers.add()
    on(Refused)(lambda error: make_response(to_problem(error, handlers.catalogue), handlers.catalogue))
    on(NotModified)(lambda seen: Response(HTTPStatus.NOT_MODIFIED, None, "", {"ETag": seen.etag}))
    on(InvalidCursor)(lambda error: handlers.answer(ProblemKind.INVALID_CURSOR))
