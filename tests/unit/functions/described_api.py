"""Checks that an API keeps its OpenAPI description, for every API that has one."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from blastlens.functions.report.handler import ReportDependencies, make_handler
from blastlens.functions.report.subjects import Subjects
from blastlens.functions.telemetry import Event, Handler
from tests.answers import NOON, lambda_context
from tests.aws import Services
from tests.effort import SOAK
from tests.unit.functions.http_events import request

# The gateway or the function answers other methods by 404; cursors, times and codes have rules of their own.
_CHECKED_ELSEWHERE = [unsupported_method, positive_data_acceptance]

Wsgi = Callable[..., Iterable[bytes]]


def operations_of(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return path and method of every operation."""
    return [(path, method) for path, operations in description["paths"].items() for method in operations]


def cases_of(description: Mapping[str, Any]) -> list[tuple[str, str, GenerationMode]]:
    """Return path, method and mode of every operation; one that takes nothing has no invalid requests."""
    return [
        (path, method, mode)
        for path, method in operations_of(description)
        for mode in GenerationMode
        if mode is GenerationMode.POSITIVE or {"parameters", "requestBody"} & description["paths"][path][method].keys()
    ]


def problems_of(operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return the responses of an operation that are problems, by status."""
    return {status: one for status, one in operation["responses"].items() if status >= "4"}


def check_written(page: Path, render: Callable[[Path], str]) -> None:
    """Check that a file is the one that the code gives, and is valid OpenAPI 3.1."""
    assert page.read_text("utf-8") == render(page), "run python -m docs.make_openapi"
    description = json.loads(page.read_text("utf-8"))
    assert description["openapi"].startswith("3.1")
    validate(description)


def read_schemas(description: dict[str, Any], app: Wsgi, *hooks: Callable[..., Any]) -> dict[GenerationMode, Any]:
    """Return schemathesis' schemas of an app; valid requests pass through hooks, such as `map_path_parameters`."""
    schemas = {mode: schemathesis.openapi.from_dict(description) for mode in GenerationMode}
    for schema in schemas.values():
        schema.app = app
    for hook in hooks:
        schemas[GenerationMode.POSITIVE].hook(hook)
    return schemas


def check_answers(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    """Send valid or invalid requests to an operation, and check that each answer keeps the description."""

    @settings(
        max_examples=25 if SOAK else 5,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=_CHECKED_ELSEWHERE)

    send()


def with_reports(aws: Services, handler: Handler) -> Handler:
    """Return the functions behind an API, as API Gateway routes to them: reports have a function of their own."""
    subjects = Subjects(aws.examinations, aws.results, aws.reviews, aws.clinics)
    report = make_handler(ReportDependencies(subjects, aws.access, aws.trail, lambda: NOON))
    return lambda event, context: (report if event["rawPath"].endswith("/report.pdf") else handler)(event, context)


def as_wsgi(handler: Handler, claims_of: Callable[[str], dict[str, Any] | None]) -> Wsgi:
    """Return a WSGI application in the place of API Gateway.

    Args:
        handler: handler of a function.
        claims_of: returns the claims of an `Authorization` header; None where the gateway checks no token.
    """

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = handler(_event_of(environ, claims_of), lambda_context())
        status = HTTPStatus(answer["statusCode"])
        start_response(f"{status.value} {status.phrase}", [(key, str(one)) for key, one in answer["headers"].items()])
        body = answer["body"].encode()
        return [base64.b64decode(body) if answer.get("isBase64Encoded") else body]

    return app


def _event_of(environ: dict[str, Any], claims_of: Callable[[str], dict[str, Any] | None]) -> Event:
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    headers = {"content-type": environ.get("CONTENT_TYPE", "")}
    claims = claims_of(authorization)
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    event: Event = request(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"].encode("latin-1").decode(),
        body.decode("utf-8", "replace") or None,
        dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)) or None,
        headers=headers if not authorization else headers | {"authorization": authorization},
        **({} if claims is None else {"claims": claims}),
    )
    return event
