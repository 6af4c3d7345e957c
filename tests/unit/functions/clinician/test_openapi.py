"""The API keeps its description, whatever is sent to it."""

import base64
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance, unsupported_method

from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.upload import ExaminationId
from blastlens.functions.report.handler import ReportDependencies
from blastlens.functions.report.handler import make_handler as make_report_handler
from blastlens.functions.report.subjects import Subjects
from blastlens.functions.telemetry import Handler
from docs.make_openapi import PAGE, render
from tests.answers import NOON, lambda_context
from tests.aws import Services
from tests.effort import SOAK
from tests.examinations import examination, signature
from tests.unit.functions.clinician.conftest import EXAMINATION, PATIENT, Clinic, claims
from tests.unit.functions.http_events import request

DESCRIPTION = json.loads(PAGE.read_text("utf-8"))
OPERATIONS = [(path, method) for path, operations in DESCRIPTION["paths"].items() for method in operations]
# The gateway answers other methods by 404; cursors and times have rules of their own.
CHECKED_ELSEWHERE = [unsupported_method, positive_data_acceptance]
TOKEN = "Bearer of-a-signer"
EXISTING = {"patient_id": PATIENT, "examination_id": EXAMINATION, "upload_id": "field-1"}


def test_the_description_is_the_one_that_the_code_gives():
    assert PAGE.read_text("utf-8") == render(), "run python -m docs.make_openapi"


def test_the_description_is_openapi_3_1():
    assert DESCRIPTION["openapi"].startswith("3.1")
    validate(DESCRIPTION)


def test_every_route_needs_a_token_names_no_clinic_and_answers_problems():
    for path, operations in DESCRIPTION["paths"].items():
        assert path.startswith("/v1/") and "clinic" not in path
        for operation in operations.values():
            assert operation["security"] == [{"clinician": []}] and operation["summary"]
            problems = [one for status, one in operation["responses"].items() if status >= "4"]
            assert all(list(one["content"]) == ["application/problem+json"] for one in problems)


def as_wsgi(handler: Handler, clinic_id: str) -> Callable[..., Iterable[bytes]]:
    """A WSGI application in the place of API Gateway; the only token is that of a signer and administrator."""
    user = claims(clinic_id) | {"cognito:groups": f"[{clinic_id}.signer {clinic_id}.admin]"}

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode()
        size = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {"content-type": environ.get("CONTENT_TYPE", "")}
        event = request(
            environ["REQUEST_METHOD"],
            path,
            environ["wsgi.input"].read(size).decode("utf-8", "replace") or None,
            dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)) or None,
            claims=user if environ.get("HTTP_AUTHORIZATION") == TOKEN else {},
            headers=headers,
        )
        answer = handler(event, lambda_context())
        status = HTTPStatus(answer["statusCode"])
        start_response(f"{status.value} {status.phrase}", [(key, str(one)) for key, one in answer["headers"].items()])
        body = answer["body"].encode()
        return [base64.b64decode(body) if answer.get("isBase64Encoded") else body]

    return app


def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Ask for what there is in every second request: random ids name nothing."""
    is_real = len(str(path_parameters)) % 2 == 0
    return {name: EXISTING.get(name, one) if is_real else one for name, one in (path_parameters or {}).items()}


def as_routed(aws: Services, handler: Handler) -> Handler:
    """The functions behind `/v1`, as API Gateway routes to them: reports have a function of their own."""
    subjects = Subjects(aws.examinations, aws.results, aws.reviews, aws.clinics)
    report = make_report_handler(ReportDependencies(subjects, aws.access, aws.trail, lambda: NOON))
    return lambda event, context: (report if event["rawPath"].endswith("/report.pdf") else handler)(event, context)


@pytest.fixture(scope="module")
def described(shared: tuple[Services, Handler]) -> dict[GenerationMode, Any]:
    clinic = Clinic(*shared)
    signed = examination(ExaminationStatus.SIGNED, signature(), id=ExaminationId(clinic.id, PATIENT, EXAMINATION))
    clinic.put(signed)
    clinic.write("field-1")
    schemas = {mode: schemathesis.openapi.from_dict(DESCRIPTION) for mode in GenerationMode}
    for schema in schemas.values():
        schema.app = as_wsgi(as_routed(*shared), clinic.id)
    schemas[GenerationMode.POSITIVE].hook(map_path_parameters)
    return schemas


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_whatever_is_sent_the_answer_keeps_the_description(described: Any, path: str, method: str, mode):
    @settings(
        max_examples=25 if SOAK else 5,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(described[mode][path][method].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": TOKEN}, excluded_checks=CHECKED_ELSEWHERE)

    send()
