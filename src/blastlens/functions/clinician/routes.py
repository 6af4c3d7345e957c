"""Shared parts of the clinicians' routes: dependencies, user, registration."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.params import Path

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.clinician import Role
from blastlens.domain.examination import Examination
from blastlens.domain.review import Review, fold_events
from blastlens.domain.text_catalogue import Catalogue
from blastlens.domain.upload import ExaminationId
from blastlens.functions.clinician.languages import catalogue_of
from blastlens.functions.clinician.model_card import ShownPackage
from blastlens.functions.clinician.models.common import ID_PATTERN
from blastlens.functions.clinician.problems import Problem, ProblemKind
from blastlens.functions.clinician.requests import NotModified, RequestState, has_seen, refuse_unknown_query
from blastlens.functions.clinician.users import User
from blastlens.functions.route_descriptions import describe_route

EXAMINATION = "/v1/patients/<patient_id>/examinations/<examination_id>"
"""Path of an examination; the paths of its parts begin with it."""

PatientId = Annotated[str, Path(pattern=ID_PATTERN, description="Opaque id of the patient in the clinic.")]
ExaminationIdText = Annotated[str, Path(pattern=ID_PATTERN, description="Opaque id of the examination.")]
UploadId = Annotated[str, Path(pattern=ID_PATTERN, description="Opaque id of the field's upload.")]

_ALWAYS = (
    ProblemKind.NOT_SIGNED_IN,
    ProblemKind.ROLE_MISSING,
    ProblemKind.NOT_FOUND,
    ProblemKind.INVALID_REQUEST,
    ProblemKind.SERVICE_FAILED,
    ProblemKind.SERVICE_BUSY,
)
_OF_BODIES = (ProblemKind.NOT_JSON, ProblemKind.TOO_LARGE)


@dataclass(frozen=True)
class ClinicianDependencies:
    """Clients and settings of the clinician function.

    Attributes:
        images: reads and writes objects of the upload bucket.
        links: the same through a client that signs links, whose host the browser reaches.
        results: the results table.
        examinations: the table of examinations.
        reviews: the table of reviews.
        clinics: the table of clinics.
        access: the table of patients' access.
        trail: the audit trail, which records each access.
        bucket: the upload bucket.
        package: the deployed model package.
        stage: name of the deployment.
        quiet: after how long without a new field an examination settles.
        clock: returns the time (UTC).
    """

    images: ImageStore
    links: ImageStore
    results: ResultsTable
    examinations: ExaminationsTable
    reviews: ReviewsTable
    clinics: ClinicsTable
    access: PatientAccessTable
    trail: AuditTrail
    bucket: str
    package: ShownPackage
    stage: str
    quiet: timedelta
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class ClinicianRoutes(ABC):
    """Routes of one kind of resource; a subclass registers each with `route` in its method `add`."""

    dependencies: ClinicianDependencies
    app: APIGatewayHttpResolver

    @abstractmethod
    def add(self) -> None:
        """Add the routes to the app."""

    def route(
        self,
        method: str,
        path: str,
        handle: Callable[..., Any],
        roles: tuple[Role, ...] = (Role.READER,),
        problems: tuple[ProblemKind, ...] = (),
        status: HTTPStatus = HTTPStatus.OK,
        is_recorded: bool = True,
        media_type: str | None = None,
        has_etag: bool = False,
    ) -> None:
        """Register a route.

        Args:
            method: GET, POST, ...
            path: as `/v1/patients/<patient_id>`.
            handle: answers the request; its docstring's first line is the summary, its annotations are validated.
            roles: roles of which its caller needs one.
            problems: kinds of problems that it answers, besides those of every route.
            status: status where it succeeds.
            is_recorded: whether the audit trail records it; not where it shows nothing of a result.
            media_type: of an answer that is not JSON by a model.
            has_etag: whether it answers 304 to a client that has the answer already (`etag`).
        """
        expected = (*_ALWAYS, *problems) if method == "GET" else (*_ALWAYS, *_OF_BODIES, *problems)
        not_modified: dict[int, Any] = {304: {"description": "The client has the answer already."}} if has_etag else {}
        self.app.route(
            path,
            method,
            tags=[type(self).__name__.removesuffix("Routes").lower()],
            security=[{"clinician": []}],
            middlewares=[self._prepare(roles, is_recorded)],
            **describe_route(handle, status, expected, media_type, not_modified),
        )(handle)

    @property
    def state(self) -> RequestState:
        """State of the request that is answered."""
        state: RequestState = self.app.context["state"]
        return state

    @property
    def user(self) -> User:
        """The signed-in user of the request."""
        return self.state.user

    @property
    def catalogue(self) -> Catalogue:
        """Texts in the language of the request."""
        return catalogue_of(self.app.current_event.raw_event)

    def identity(self, patient_id: str, examination_id: str) -> ExaminationId:
        """Return the identity of an examination of the user's own clinic: a path names no other."""
        return ExaminationId(self.user.clinic_id, patient_id, examination_id)

    def examination(self, identity: ExaminationId) -> Examination:
        """Return an examination.

        Raises:
            Problem: there is none, or its patient was erased.
        """
        found = self.dependencies.examinations.get(identity)
        if found is None:
            raise self.missing(identity)
        return found

    def reviewed(self, identity: ExaminationId) -> tuple[Examination, Review]:
        """Return an examination with its review.

        Raises:
            Problem: there is none, or its patient was erased.
        """
        return self.examination(identity), fold_events(self.dependencies.reviews.of(identity))

    def etag(self, version: str) -> str:
        """Return the ETag of an answer in the language of the request.

        Raises:
            NotModified: the client has this answer.
        """
        etag = f'"{version}-{self.catalogue.language}"'
        if has_seen(self.app.current_event.raw_event, etag):
            self.state.is_recorded = False
            raise NotModified(etag)
        return etag

    def missing(self, identity: ExaminationId) -> Problem:
        """Return the problem of an examination that there is none of: it may have been erased while it was open."""
        is_erased = self.dependencies.examinations.is_erased(identity)
        return Problem(ProblemKind.PATIENT_ERASED if is_erased else ProblemKind.EXAMINATION_MISSING)

    def _prepare(self, roles: tuple[Role, ...], is_recorded: bool) -> Callable[..., Response[Any]]:
        def prepare(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
            route = app.context["_route"]
            self.state.action = f"{route.method} {route.openapi_path}"
            self.state.is_recorded = is_recorded
            if self.user.roles.isdisjoint(roles):
                raise Problem(ProblemKind.ROLE_MISSING, role=" / ".join(roles))
            refuse_unknown_query(app.current_event.query_string_parameters, route.dependant.query_params)
            return next_middleware(app)

        return prepare
