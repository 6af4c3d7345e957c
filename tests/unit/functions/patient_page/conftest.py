"""A clinic, its patients, and requests to the patient function."""

import json
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest

from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.domain.clinic import Clinic
from blastlens.domain.patient import PatientId
from blastlens.domain.text_catalogue import Language
from blastlens.functions.patient_page.dependencies import PatientPageDependencies
from blastlens.functions.patient_page.handler import make_handler
from tests.answers import NOON, lambda_context
from tests.aws import PATIENT_ACCESS_TABLE, Services
from tests.push_service import make_push_key
from tests.unit.functions.http_events import request

PATIENT, OTHER = PatientId("clinic-7", "patient-41"), PatientId("clinic-7", "patient-4")
CLINIC = Clinic("clinic-7", "Labor am See", "labor@see.example", Language.GERMAN, "arn", contact="Seeweg 1\n+49 1")
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
KEYS = {
    # The base point of the curve, which is a public key as good as any.
    "p256dh": "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU",
    "auth": "A" * 22,
}
Ask = Callable[..., tuple[int, Any]]


class Clock:
    """A clock that a test sets."""

    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def make_parts(aws: Services, clock: Callable[[], datetime]) -> PatientPageDependencies:
    """The patient function's clients, with the clinic's name."""
    aws.clinics.put(CLINIC)
    return PatientPageDependencies(
        aws.access,
        BrowsersTable(aws.dynamodb, PATIENT_ACCESS_TABLE),
        aws.examinations,
        aws.clinics,
        aws.trail,
        make_push_key(),
        clock,
    )


@pytest.fixture
def parts(aws: Services, clock: Clock) -> PatientPageDependencies:
    return make_parts(aws, clock)


@pytest.fixture
def ask(parts: PatientPageDependencies, recorded: Any) -> Ask:
    return asking(parts, recorded)


def asking(parts: PatientPageDependencies, recorded: Any) -> Ask:
    handler = make_handler(parts, recorded.telemetry)

    def ask(
        method: str,
        path: str,
        body: Any = None,
        token: str = "",
        language: str = "en",
        content_type: str = "application/json",
    ) -> tuple[int, Any]:
        headers = {"content-type": content_type} | ({"authorization": f"Bearer {token}"} if token else {})
        given = request(method, f"/p/v1/{path}", body, language=language, headers=headers)
        answer = handler(given, lambda_context())
        assert answer["headers"].items() >= {("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")}
        is_empty = answer["statusCode"] == HTTPStatus.NO_CONTENT
        assert (answer["body"] == "") == is_empty and ("Content-Type" in answer["headers"]) != is_empty
        return answer["statusCode"], None if is_empty else json.loads(answer["body"])

    return ask
