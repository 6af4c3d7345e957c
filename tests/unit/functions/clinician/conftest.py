"""A clinic's users and examinations behind the clinician function."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from blastlens.domain.examination import Examination
from blastlens.domain.result import Result
from blastlens.domain.upload import ExaminationId, Upload
from blastlens.functions.clinician.handler import make_handler
from blastlens.functions.clinician.model_card import SHIPPED, ShownPackage
from blastlens.functions.clinician.routes import ClinicianDependencies
from blastlens.functions.telemetry import Handler
from tests.answers import BUCKET, NOON, lambda_context, prediction, result
from tests.aws import AUDIT_LOG_GROUP, Services, services
from tests.examinations import examination
from tests.unit.functions.http_events import request

PATIENT, EXAMINATION = "patient-41", "examination-1"
PLACE = f"/v1/patients/{PATIENT}/examinations/{EXAMINATION}"


def claims(clinic: str, role: str = "reader", **changes: Any) -> dict[str, Any]:
    """Claims of an ID token, as API Gateway passes them on: lists are texts."""
    given = {"token_use": "id", "sub": "8f1e", "name": "Dr. Vogel", "cognito:groups": f"[{clinic}.{role} other]"}
    return given | changes


@dataclass
class Clinic:
    """A clinic of its own for a test, in the services of the whole module."""

    aws: Services
    handler: Handler
    id: str = field(default_factory=lambda: f"clinic-{uuid.uuid4().hex[:12]}")

    def respond(self, method: str, path: str, *args: Any, role: str = "reader", **more: Any) -> dict[str, Any]:
        given = {"claims": claims(self.id, role)} | more
        response: dict[str, Any] = self.handler(request(method, path, *args, **given), lambda_context())
        return response

    def ask(self, method: str, path: str, *args: Any, **more: Any) -> tuple[int, Any]:
        response = self.respond(method, path, *args, **more)
        assert response["headers"].items() >= {("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")}
        status, body = response["statusCode"], json.loads(response.get("body") or "null")
        is_problem = response["headers"].get("Content-Type") == "application/problem+json"
        assert is_problem == (status >= 400), body
        if is_problem:
            assert {"type", "title", "status", "detail"} <= body.keys() and body["status"] == status
        return status, body

    def put(self, one: Examination | None = None, patient: str = PATIENT, name: str = EXAMINATION) -> Examination:
        """Store an examination of this clinic."""
        stored = replace(one or examination(), id=ExaminationId(self.id, patient, name))
        assert self.aws.examinations.put(stored, None)
        return stored

    def write(self, upload_id: str = "field-1", **changes: Any) -> Result:
        """Store a field record of the examination."""
        upload = Upload(self.id, PATIENT, upload_id, changes.pop("extension", "jpg"), EXAMINATION)
        version, answer = changes.pop("version", "v1"), changes.pop("answer", None) or prediction()
        made = replace(result(answer, upload, version, changes.pop("sequencer", "0A")), **changes)
        assert self.aws.results.write(made)
        return made

    def accesses(self) -> list[dict[str, Any]]:
        """Records of the audit trail that concern this clinic."""
        pages = self.aws.trail.client.filter_log_events(logGroupName=AUDIT_LOG_GROUP, limit=10_000)["events"]
        found = [json.loads(one["message"]) for one in pages]
        return [one for one in found if one.get("clinic_id") == self.id]


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Services, Handler]]:
    with services() as aws:
        dependencies = ClinicianDependencies(
            images=aws.images,
            links=aws.images,
            results=aws.results,
            examinations=aws.examinations,
            reviews=aws.reviews,
            clinics=aws.clinics,
            access=aws.access,
            trail=aws.trail,
            bucket=BUCKET,
            package=ShownPackage.read(SHIPPED),
            stage="test",
            quiet=timedelta(minutes=3),
            clock=lambda: NOON,
        )
        yield aws, make_handler(dependencies)


@pytest.fixture
def clinic(shared: tuple[Services, Handler]) -> Clinic:
    return Clinic(*shared)
