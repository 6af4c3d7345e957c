"""Problems by RFC 9457: kinds, texts and responses."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from blastlens.domain.errors import BlastlensError
from blastlens.domain.text_catalogue import Catalogue

CONTENT_TYPE = "application/problem+json"

_TYPE = "urn:blastlens:problem:"


class ProblemKind(StrEnum):
    """Kinds of problems; `problems.KIND.title` and `problems.KIND.detail` are their texts."""

    NOT_JSON = "not_json"
    TOO_LARGE = "too_large"
    INVALID_CURSOR = "invalid_cursor"
    NOT_SIGNED_IN = "not_signed_in"
    NO_CLINIC = "no_clinic"
    ROLE_MISSING = "role_missing"
    NOT_FOUND = "not_found"
    EXAMINATION_MISSING = "examination_missing"
    FIELD_MISSING = "field_missing"
    UPLOAD_MISSING = "upload_missing"
    NOT_SIGNED = "not_signed"
    REFUSED = "refused"
    CHECKS_MISSING = "checks_missing"
    PATIENT_ERASED = "patient_erased"
    CHANGED = "changed"
    INVALID_REQUEST = "invalid_request"
    SERVICE_FAILED = "service_failed"
    SERVICE_BUSY = "service_busy"
    NOT_RECORDED = "not_recorded"
    CODE_MISSING = "code_missing"
    PATIENT_MISSING = "patient_missing"
    SIGN_IN_REFUSED = "sign_in_refused"
    CODE_BLOCKED = "code_blocked"
    SESSION_OVER = "session_over"
    NO_PUSH_SERVICE = "no_push_service"
    TOO_MANY_BROWSERS = "too_many_browsers"


STATUSES: Mapping[ProblemKind, HTTPStatus] = {
    ProblemKind.NOT_JSON: HTTPStatus.BAD_REQUEST,
    ProblemKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemKind.INVALID_CURSOR: HTTPStatus.BAD_REQUEST,
    ProblemKind.NOT_SIGNED_IN: HTTPStatus.UNAUTHORIZED,
    ProblemKind.NO_CLINIC: HTTPStatus.FORBIDDEN,
    ProblemKind.ROLE_MISSING: HTTPStatus.FORBIDDEN,
    ProblemKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemKind.EXAMINATION_MISSING: HTTPStatus.NOT_FOUND,
    ProblemKind.FIELD_MISSING: HTTPStatus.NOT_FOUND,
    ProblemKind.UPLOAD_MISSING: HTTPStatus.NOT_FOUND,
    ProblemKind.NOT_SIGNED: HTTPStatus.CONFLICT,
    ProblemKind.REFUSED: HTTPStatus.CONFLICT,
    ProblemKind.CHECKS_MISSING: HTTPStatus.CONFLICT,
    ProblemKind.PATIENT_ERASED: HTTPStatus.GONE,
    ProblemKind.CHANGED: HTTPStatus.PRECONDITION_FAILED,
    ProblemKind.INVALID_REQUEST: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemKind.SERVICE_FAILED: HTTPStatus.INTERNAL_SERVER_ERROR,
    ProblemKind.SERVICE_BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemKind.NOT_RECORDED: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemKind.CODE_MISSING: HTTPStatus.NOT_FOUND,
    ProblemKind.PATIENT_MISSING: HTTPStatus.NOT_FOUND,
    ProblemKind.SIGN_IN_REFUSED: HTTPStatus.UNAUTHORIZED,
    ProblemKind.CODE_BLOCKED: HTTPStatus.FORBIDDEN,
    ProblemKind.SESSION_OVER: HTTPStatus.UNAUTHORIZED,
    ProblemKind.NO_PUSH_SERVICE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ProblemKind.TOO_MANY_BROWSERS: HTTPStatus.CONFLICT,
}


@dataclass(frozen=True)
class WrongValue:
    """A value of a request that is missing or wrong.

    Attributes:
        field: where it stands in the body, path or query, as `moves.0.kind`.
        message: what it has to be, in the language of the caller.
    """

    field: str
    message: str


class Problem(BlastlensError):
    """A request that is answered by a problem.

    Attributes:
        kind: what it is.
        detail: a sentence with the next step; None for the text of the kind.
        values: values of the placeholders of the kind's text.
        more: further members of the response, such as `examination`.
    """

    def __init__(
        self,
        kind: ProblemKind,
        detail: str | None = None,
        more: Mapping[str, Any] | None = None,
        **values: str,
    ) -> None:
        super().__init__(str(kind))
        self.kind = kind
        self.detail = detail
        self.more = more or {}
        self.values = values


def make_body(problem: Problem, catalogue: Catalogue, errors: Iterable[WrongValue] = ()) -> dict[str, Any]:
    """Return the JSON of a problem in the language of a catalogue."""
    key = f"problems.{problem.kind}"
    return {
        "type": f"{_TYPE}{str(problem.kind).replace('_', '-')}",
        "title": catalogue.fill(f"{key}.title"),
        "status": int(STATUSES[problem.kind]),
        "detail": problem.detail or catalogue.fill(f"{key}.detail", **problem.values),
        "errors": [vars(one) for one in errors],
        **problem.more,
    }


def make_response(problem: Problem, catalogue: Catalogue, errors: Sequence[WrongValue] = ()) -> Response[str]:
    """Return the response of a problem."""
    body = json.dumps(make_body(problem, catalogue, errors), ensure_ascii=False)
    return Response(int(STATUSES[problem.kind]), CONTENT_TYPE, body)
