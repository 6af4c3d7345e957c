"""The API keeps its description, whatever is sent to it."""

import json
from typing import Any

import pytest
from schemathesis import GenerationMode

from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.upload import ExaminationId
from blastlens.functions.telemetry import Handler
from docs.make_openapi import CLINICIANS, render
from tests.aws import Services
from tests.examinations import examination, signature
from tests.unit.functions.clinician.conftest import EXAMINATION, PATIENT, Clinic, claims
from tests.unit.functions.described_api import (
    as_wsgi,
    cases_of,
    check_answers,
    check_written,
    problems_of,
    read_schemas,
    with_reports,
)

DESCRIPTION = json.loads(CLINICIANS.read_text("utf-8"))
TOKEN = "Bearer of-a-signer"
EXISTING = {"patient_id": PATIENT, "examination_id": EXAMINATION, "upload_id": "field-1"}


def test_the_description_is_the_one_that_the_code_gives_and_openapi_3_1():
    check_written(CLINICIANS, render)


def test_every_route_needs_a_token_names_no_clinic_and_answers_problems():
    for path, operations in DESCRIPTION["paths"].items():
        assert path.startswith("/v1/") and "clinic" not in path
        for operation in operations.values():
            assert operation["security"] == [{"clinician": []}] and operation["summary"]
            assert all(list(one["content"]) == ["application/problem+json"] for one in problems_of(operation).values())


def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    """Ask for what there is in every second request: random ids name nothing."""
    is_real = len(str(path_parameters)) % 2 == 0
    return {name: EXISTING.get(name, one) if is_real else one for name, one in (path_parameters or {}).items()}


@pytest.fixture(scope="module")
def described(shared: tuple[Services, Handler]) -> dict[GenerationMode, Any]:
    clinic = Clinic(*shared)
    signed = examination(ExaminationStatus.SIGNED, signature(), id=ExaminationId(clinic.id, PATIENT, EXAMINATION))
    clinic.put(signed)
    clinic.write("field-1")
    # The only token is that of a signer and administrator.
    user = claims(clinic.id) | {"cognito:groups": f"[{clinic.id}.signer {clinic.id}.admin]"}
    app = as_wsgi(with_reports(*shared), lambda authorization: user if authorization == TOKEN else {})
    return read_schemas(DESCRIPTION, app, map_path_parameters)


@pytest.mark.parametrize(("path", "method", "mode"), cases_of(DESCRIPTION))
def test_whatever_is_sent_the_answer_keeps_the_description(
    described: Any, path: str, method: str, mode: GenerationMode
):
    check_answers(described[mode][path][method], mode, {"Authorization": TOKEN})
