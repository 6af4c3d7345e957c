"""Handlers that answer errors of routes by problems, for both APIs with models."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)
from pydantic import ValidationError

from blastlens.domain.errors import ServiceFault
from blastlens.domain.text_catalogue import Catalogue
from blastlens.functions.clinician.languages import catalogue_of
from blastlens.functions.clinician.problems import Problem, ProblemKind, make_response
from blastlens.functions.clinician.requests import InvalidRequest, describe_wrong, wrong_places
from blastlens.functions.telemetry import Telemetry


@dataclass(frozen=True)
class ProblemHandlers:
    """Answers errors that routes of every API raise."""

    app: APIGatewayHttpResolver
    telemetry: Telemetry

    def add(self) -> None:
        """Register a handler for each kind of error."""
        on = self.app.exception_handler
        on(Problem)(lambda problem: make_response(problem, self.catalogue))
        on(InvalidRequest)(self._invalid)
        on(RequestValidationError)(lambda error: self._invalid(InvalidRequest(wrong_places(error.errors()))))
        on(RequestUnsupportedContentType)(lambda error: self.answer(ProblemKind.NOT_JSON))
        on([ResponseValidationError, ValidationError])(self._failed)
        on(NotFoundError)(lambda error: self.answer(ProblemKind.NOT_FOUND))
        on(ServiceFault)(self._service_failed)

    @property
    def catalogue(self) -> Catalogue:
        """Texts in the language of the request."""
        return catalogue_of(self.app.current_event.raw_event)

    def answer(self, kind: ProblemKind) -> Response[str]:
        """Return the response of a problem without values."""
        return make_response(Problem(kind), self.catalogue)

    def _invalid(self, error: InvalidRequest) -> Response[str]:
        problem, values = describe_wrong(error.wrong, self.catalogue)
        return make_response(problem, self.catalogue, values)

    def _failed(self, error: ResponseValidationError | ValidationError) -> Response[str]:
        # The answer does not keep the contract: a client could show half of it.
        self.telemetry.count("InvalidAnswer")
        places = [".".join(map(str, one["loc"])) + ": " + one["type"] for one in error.errors()]
        self.telemetry.logger.error("an answer breaks its own contract", places=places[:20])
        return self.answer(ProblemKind.SERVICE_FAILED)

    def _service_failed(self, error: ServiceFault) -> Response[str]:
        self.telemetry.item_failed("request", error)
        return self.answer(ProblemKind.SERVICE_BUSY if error.can_retry else ProblemKind.SERVICE_FAILED)
