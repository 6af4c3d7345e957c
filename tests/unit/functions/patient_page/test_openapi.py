"""The patients' API keeps its description, whatever is sent to it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from blastlens.domain.examination import ExaminationStatus
from blastlens.domain.patient_access import NewCode, make_code
from blastlens.domain.upload import ExaminationId
from blastlens.functions.patient_page.handler import make_handler
from docs.make_openapi import PATIENTS, render
from tests.answers import NOON
from tests.aws import Services, services
from tests.examinations import examination, signature
from tests.unit.functions.described_api import (
    as_wsgi,
    cases_of,
    check_answers,
    check_written,
    operations_of,
    problems_of,
    read_schemas,
    with_reports,
)
from tests.unit.functions.patient_page.conftest import ENDPOINT, KEYS, PATIENT, make_parts

DESCRIPTION = json.loads(PATIENTS.read_text("utf-8"))
SESSION = "/p/v1/session"


@pytest.fixture(scope="module")
def shared() -> Iterator[Services]:
    with services() as aws:
        identity = ExaminationId(PATIENT.clinic_id, PATIENT.patient_id, "examination-1")
        assert aws.examinations.put(examination(ExaminationStatus.SIGNED, signature(), id=identity), None)
        yield aws


@pytest.fixture(scope="module")
def code(shared: Services) -> NewCode:
    new = make_code(PATIENT, "user/dr-vogel", NOON)
    shared.access.add(new.stored)
    return new


@pytest.fixture(scope="module")
def described(shared: Services, code: NewCode) -> Any:
    """Schemas of the real handlers; every second valid request names what there is, since random ids name nothing."""
    bodies = {SESSION: {"code": code.code, "pin": code.pin}}

    def map_path_parameters(context: Any, path_parameters: Any) -> Any:
        is_real = len(str(path_parameters)) % 2 == 0 and "examination_id" in (path_parameters or {})
        return {"examination_id": "examination-1"} if is_real else path_parameters

    def map_body(context: Any, body: Any) -> Any:
        is_real = len(str(body)) % 2 == 0
        return bodies.get(context.operation.path, {"endpoint": ENDPOINT, "keys": KEYS}) if is_real else body

    handler = with_reports(shared, make_handler(make_parts(shared, lambda: NOON)))
    return read_schemas(DESCRIPTION, as_wsgi(handler, lambda authorization: None), map_path_parameters, map_body)


def test_the_description_is_the_one_that_the_code_gives_and_openapi_3_1():
    check_written(PATIENTS, render)


def test_every_route_but_the_sign_in_needs_a_session_and_answers_problems():
    for path, method in operations_of(DESCRIPTION):
        operation = DESCRIPTION["paths"][path][method]
        # Whoever is signed out already may sign out again.
        expected: dict[Any, Any] = {(SESSION, "post"): [], (SESSION, "delete"): [{"session": []}, {}]}
        assert operation.get("security", []) == expected.get((path, method), [{"session": []}])
        assert path.startswith("/p/v1/") and operation["summary"] and "patient" not in path and "clinic" not in path
        assert all(list(one["content"]) == ["application/problem+json"] for one in problems_of(operation).values())
    assert DESCRIPTION["components"]["securitySchemes"]["session"]["scheme"] == "bearer"


@pytest.mark.parametrize(("path", "method", "mode"), cases_of(DESCRIPTION))
def test_whatever_is_sent_the_answer_keeps_the_description(
    described: Any, shared: Services, code: NewCode, path: str, method: str, mode: Any
):
    opened = shared.access.open_session(code.stored, NOON)
    assert opened is not None
    check_answers(described[mode][path][method], mode, {"Authorization": f"Bearer {opened[0]}"})
