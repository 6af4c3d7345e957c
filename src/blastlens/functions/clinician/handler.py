"""Handler of the clinician function: the routes of `/v1`, for signed-in users.

API Gateway verifies the token; `users` reads its clinic, which no path names; `access_record` records each access.
"""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)
from pydantic import ValidationError

from blastlens.cloud.tables.results import InvalidCursor
from blastlens.domain.errors import ServiceFault
from blastlens.domain.refusal import Refused
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.clinician.access_record import AccessRecord, Resolved, resolved_problem
from blastlens.functions.clinician.audit_routes import AuditRoutes
from blastlens.functions.clinician.examination_routes import ExaminationRoutes
from blastlens.functions.clinician.field_routes import FieldRoutes
from blastlens.functions.clinician.languages import catalogue_of
from blastlens.functions.clinician.me_routes import MeRoutes
from blastlens.functions.clinician.model_routes import ModelRoutes
from blastlens.functions.clinician.patient_routes import PatientRoutes
from blastlens.functions.clinician.problems import Problem, ProblemKind, make_response
from blastlens.functions.clinician.refusals import to_problem
from blastlens.functions.clinician.requests import (
    InvalidRequest,
    NotModified,
    RequestState,
    describe_wrong,
    refuse_other_body,
    wrong_places,
)
from blastlens.functions.clinician.review_routes import ReviewRoutes
from blastlens.functions.clinician.routes import ClinicianDependencies, ClinicianRoutes
from blastlens.functions.clinician.signing_routes import SigningRoutes
from blastlens.functions.clinician.upload_routes import UploadRoutes
from blastlens.functions.clinician.users import NoClinic, NotSignedIn, read_user
from blastlens.functions.clinician.worklist_routes import WorklistRoutes
from blastlens.functions.private_responses import with_private_headers
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


def make_app(dependencies: ClinicianDependencies, telemetry: Telemetry) -> APIGatewayHttpResolver:
    """Return the resolver with every route of `/v1`."""
    app = APIGatewayHttpResolver(enable_validation=True, response_validation_error_http_code=500)
    for routes in ROUTES:
        routes(dependencies, app).add()
    _Errors(app, telemetry).handle()
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
            return resolved_problem(event, Problem(ProblemKind.NOT_SIGNED_IN))
        except NoClinic:
            return resolved_problem(event, Problem(ProblemKind.NO_CLINIC))
        return record.respond(event, state, lambda: _resolve(app, event, context, state))

    return observed.wrap(lambda event, context: with_private_headers(handle(event, context)))


def _resolve(app: APIGatewayHttpResolver, event: Event, context: Any, state: RequestState) -> Resolved:
    if not str(event["rawPath"]).isprintable():
        # A line break at its end would match the route of the path without it.
        return resolved_problem(event, Problem(ProblemKind.NOT_FOUND))
    try:
        refuse_other_body(event)
    except Problem as problem:
        return resolved_problem(event, problem)
    app.append_context(state=state)  # type: ignore[no-untyped-call]
    return app.resolve(event, context)


class _Errors:
    """Answers errors of routes by problems."""

    def __init__(self, app: APIGatewayHttpResolver, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    def handle(self) -> None:
        """Register a handler for each kind of error."""
        on = self._app.exception_handler
        on(Problem)(lambda problem: make_response(problem, self._catalogue))
        on(Refused)(lambda error: make_response(to_problem(error, self._catalogue), self._catalogue))
        on(NotModified)(lambda seen: Response(HTTPStatus.NOT_MODIFIED, None, "", {"ETag": seen.etag}))
        on(InvalidRequest)(self._invalid)
        on(RequestValidationError)(lambda error: self._invalid(InvalidRequest(wrong_places(error.errors()))))
        on(RequestUnsupportedContentType)(lambda error: self._answer(ProblemKind.NOT_JSON))
        on([ResponseValidationError, ValidationError])(self._failed)
        on(InvalidCursor)(lambda error: self._answer(ProblemKind.INVALID_CURSOR))
        on(NotFoundError)(lambda error: self._answer(ProblemKind.NOT_FOUND))
        on(ServiceFault)(self._service_failed)

    @property
    def _catalogue(self) -> Catalogue:
        return catalogue_of(self._app.current_event.raw_event)

    def _answer(self, kind: ProblemKind) -> Response[str]:
        return make_response(Problem(kind), self._catalogue)

    def _invalid(self, error: InvalidRequest) -> Response[str]:
        problem, values = describe_wrong(error.wrong, self._catalogue)
        return make_response(problem, self._catalogue, values)

    def _failed(self, error: ResponseValidationError | ValidationError) -> Response[str]:
        # The answer does not keep the contract: a client could show half of it.
        self._telemetry.count("InvalidAnswer")
        places = [".".join(map(str, one["loc"])) + ": " + one["type"] for one in error.errors()]
        self._telemetry.logger.error("an answer breaks its own contract", places=places[:20])
        return self._answer(ProblemKind.SERVICE_FAILED)

    def _service_failed(self, error: ServiceFault) -> Response[str]:
        self._telemetry.item_failed("request", error)
        return self._answer(ProblemKind.SERVICE_BUSY if error.can_retry else ProblemKind.SERVICE_FAILED)
