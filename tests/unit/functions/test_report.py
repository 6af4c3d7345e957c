"""The report function: access, language, refusals and audit records."""

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import make_code
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId
from blastlens.functions.report import handler as handler_module
from blastlens.functions.report.handler import ReportDependencies, make_handler
from blastlens.functions.report.subjects import Subjects
from blastlens.functions.report.typesetting import TypesettingFailed
from tests.answers import NOON, lambda_context
from tests.aws import AUDIT_LOG_GROUP, CONTENTS_TABLE, EXAMINATIONS_TABLE, Services, services
from tests.examinations import OTHERS, examination, signature, totals
from tests.pdf_files import PdfFile

PATIENT, EXAMINATION = "patient-41", "examination-1"
SIGNED = examination(ExaminationStatus.SIGNED, signature())
CLINICIAN = f"/v1/patients/{PATIENT}/examinations/{EXAMINATION}/report.pdf"
PATIENTS = f"/p/v1/examinations/{EXAMINATION}/report.pdf"


@pytest.fixture(scope="module")
def shared() -> Iterator[Services]:
    with services() as aws:
        yield aws


@dataclass
class Laboratory:
    """A clinic of its own for a test, in the services of the whole module."""

    aws: Services
    id: str = field(default_factory=lambda: f"clinic-{uuid.uuid4().hex[:12]}")
    trail: Any = None

    def put(self, one: Examination = SIGNED, patient: str = PATIENT) -> None:
        assert self.aws.examinations.put(replace(one, id=ExaminationId(self.id, patient, EXAMINATION)), None)

    def session(self, patient: str = PATIENT) -> str:
        """Token of a session that a right PIN opened."""
        new = make_code(PatientId(self.id, patient), "user/8f1e", NOON)
        self.aws.access.add(new.stored)
        opened = self.aws.access.open_session(new.stored, NOON)
        assert opened is not None
        return opened[0]

    def respond(self, path: str, query: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        aws = self.aws
        subjects = Subjects(aws.examinations, aws.results, aws.reviews, aws.clinics)
        handler = make_handler(ReportDependencies(subjects, aws.access, self.trail or aws.trail, lambda: NOON))
        response: dict[str, Any] = handler(self.event(path, query, **more), lambda_context())
        assert response["headers"].items() >= {("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")}
        return response

    def event(self, path: str, query: dict[str, str] | None, **more: Any) -> dict[str, Any]:
        claims = {"token_use": "id", "sub": "8f1e", "name": "Dr. Vogel", "cognito:groups": f"[{self.id}.reader]"}
        jwt = {"jwt": {"claims": claims | more.get("claims", {}), "scopes": None}}
        token = more.get("session")
        return {
            "version": "2.0",
            "routeKey": "GET report.pdf",
            "rawPath": path,
            "queryStringParameters": query,
            "headers": {"authorization": f"Bearer {token}"} if token else {},
            "isBase64Encoded": False,
            "requestContext": {
                "requestId": "request-1",
                "http": {"method": "GET", "path": path, "sourceIp": "203.0.113.9"},
                **({} if path.startswith("/p/") else {"authorizer": jwt}),
            },
        }

    def pdf(self, path: str, query: dict[str, str] | None = None, **more: Any) -> PdfFile:
        response = self.respond(path, query, **more)
        assert (response["statusCode"], response["headers"]["Content-Type"]) == (200, "application/pdf"), response
        assert response["headers"]["Content-Disposition"] == f'inline; filename="report-{EXAMINATION}.pdf"'
        return PdfFile(base64.b64decode(response["body"]))

    def problem(self, path: str, query: dict[str, str] | None = None, **more: Any) -> tuple[int, str]:
        response = self.respond(path, query, **more)
        body = json.loads(response["body"])
        assert response["headers"]["Content-Type"] == "application/problem+json"
        assert body["status"] == response["statusCode"] and body["detail"].endswith(".")
        return body["status"], body["type"].rpartition(":")[2]

    def accesses(self) -> list[dict[str, Any]]:
        found = self.aws.trail.client.filter_log_events(logGroupName=AUDIT_LOG_GROUP, limit=10_000)["events"]
        return [one for one in (json.loads(each["message"]) for each in found) if one.get("clinic_id") == self.id]


@pytest.fixture
def clinic(shared: Services) -> Laboratory:
    made = Laboratory(shared)
    shared.clinics.put(Clinic(made.id, f"Labor {made.id}", f"{made.id}@see.example", Language.GERMAN, ""))
    return made


def test_a_clinician_gets_the_report_on_the_clinics_letterhead_in_its_language(clinic: Laboratory):
    clinic.put()
    pdf = clinic.pdf(CLINICIAN)
    assert pdf.author == f"Labor {clinic.id}" and "Bericht einer Untersuchung" in pdf.text
    assert "report of an examination" in clinic.pdf(CLINICIAN, {"language": "en"}).text
    report = json.loads(pdf.attachments["diagnostic-report.fhir.json"].data)
    assert report["identifier"][0]["value"] == f"{clinic.id}/{PATIENT}/{EXAMINATION}"


def test_a_clinician_gets_a_draft_of_what_nobody_has_signed(clinic: Laboratory):
    clinic.put(examination())
    assert "ENTWURF" in clinic.pdf(CLINICIAN).text


def test_a_held_examination_gives_a_draft_without_an_answer(clinic: Laboratory):
    clinic.put(examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS)))
    assert "Prä-B-ALL" not in clinic.pdf(CLINICIAN).text


def test_a_clinic_without_an_entry_has_its_id_on_the_letterhead(shared: Services):
    unknown = Laboratory(shared)
    unknown.put()
    assert unknown.pdf(CLINICIAN).author == unknown.id


def test_a_patient_gets_the_own_signed_result(clinic: Laboratory):
    clinic.put()
    pdf = clinic.pdf(PATIENTS, {"language": "en"}, session=clinic.session())
    assert "Result of the images" in pdf.text and pdf.attachments == {}


def test_a_patient_gets_nothing_unsigned_and_is_not_told_that_it_is_there(clinic: Laboratory):
    session = clinic.session()
    before = clinic.respond(PATIENTS, session=session)
    clinic.put(examination())
    after = clinic.respond(PATIENTS, session=session)
    assert (before["statusCode"], before["body"]) == (after["statusCode"], after["body"])
    assert before["statusCode"] == 404


def test_another_clinics_and_another_patients_examination_do_not_exist(clinic: Laboratory, shared: Services):
    clinic.put()
    other = Laboratory(shared)
    assert other.problem(CLINICIAN) == (404, "examination-missing")
    assert clinic.problem(PATIENTS, session=clinic.session("patient-9")) == (404, "examination-missing")
    assert clinic.problem(PATIENTS, session=other.session()) == (404, "examination-missing")


def test_nobody_gets_a_report_without_being_signed_in(clinic: Laboratory):
    clinic.put()
    assert clinic.problem(CLINICIAN, claims={"token_use": "access"}) == (401, "not-signed-in")
    assert clinic.problem(CLINICIAN, claims={"cognito:groups": "[a.reader b.signer]"}) == (403, "no-clinic")
    assert clinic.problem(PATIENTS)[0] == 401
    assert clinic.problem(PATIENTS, session="forged.token")[0] == 401
    assert clinic.accesses() == []


def test_a_token_of_one_page_opens_nothing_of_the_other(clinic: Laboratory):
    clinic.put()
    event = clinic.event(PATIENTS, None)
    event["requestContext"]["authorizer"] = clinic.event(CLINICIAN, None)["requestContext"]["authorizer"]
    subjects = Subjects(clinic.aws.examinations, clinic.aws.results, clinic.aws.reviews, clinic.aws.clinics)
    handler = make_handler(ReportDependencies(subjects, clinic.aws.access, clinic.aws.trail, lambda: NOON))
    assert handler(event, lambda_context())["statusCode"] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v1/patients/Jane%20Doe/examinations/examination-1/report.pdf",
        "/v1/patients/patient-41/examinations/../report.pdf",
        f"/v1/patients/{'p' * 65}/examinations/examination-1/report.pdf",
        f"{CLINICIAN}/",
    ],
)
def test_a_path_that_is_no_route_of_a_report_does_not_exist(clinic: Laboratory, path: str):
    clinic.put()
    assert clinic.problem(path) == (404, "not-found")


@pytest.mark.parametrize(
    "query", [{"language": "fr"}, {"lang": "de"}, {"language": "#eval"}, {"a": "b", "language": ""}]
)
def test_a_language_that_there_is_none_of_is_refused_with_those_that_there_are(
    clinic: Laboratory, query: dict[str, str]
):
    clinic.put()
    assert clinic.problem(CLINICIAN, query) == (422, "invalid-request")
    errors = json.loads(clinic.respond(CLINICIAN, {"x": "y", "language": "fr"})["body"])["errors"]
    assert [one["field"] for one in errors] == ["query", "language"] and "en, de" in errors[1]["message"]


def test_every_report_and_every_refusal_is_recorded_with_who_asked(clinic: Laboratory):
    clinic.put()
    clinic.pdf(CLINICIAN)
    clinic.pdf(PATIENTS, session=clinic.session())
    clinic.problem(CLINICIAN.replace(EXAMINATION, "another"))
    found = [
        (one["caller"].split("/")[0], one["action"], one["status"], one["examination_id"]) for one in clinic.accesses()
    ]
    assert sorted(found) == sorted(
        [
            ("user", "GET /v1/patients/{patient_id}/examinations/{examination_id}/report.pdf", 200, EXAMINATION),
            ("patient-code", "GET /p/v1/examinations/{examination_id}/report.pdf", 200, EXAMINATION),
            ("user", "GET /v1/patients/{patient_id}/examinations/{examination_id}/report.pdf", 404, "another"),
        ]
    )
    assert {one["address"] for one in clinic.accesses()} == {"203.0.113.9"}


def test_nobody_gets_a_report_whose_access_could_not_be_recorded(clinic: Laboratory):
    clinic.put()
    clinic.trail = AuditTrail(clinic.aws.trail.client, "missing-group")
    assert clinic.problem(CLINICIAN) == (503, "not-recorded")
    assert clinic.problem(PATIENTS, session=clinic.session()) == (503, "not-recorded")


def test_a_busy_table_is_a_problem_that_asks_to_try_again(clinic: Laboratory, monkeypatch):
    clinic.put()

    def refuse(self: Subjects, *given: Any, **named: Any) -> None:
        raise ServiceUnavailable("could not read: throttled")

    monkeypatch.setattr(Subjects, "find", refuse)
    assert clinic.problem(CLINICIAN) == (503, "service-busy")


def test_a_report_that_cannot_be_typeset_is_a_problem_and_its_text_stays_out_of_the_log(
    clinic: Laboratory, monkeypatch, caplog
):
    clinic.put()

    def fail(*given: Any) -> bytes:
        raise TypesettingFailed("clinician.typ could not be typeset")

    monkeypatch.setattr(handler_module, "typeset_for_clinician", fail)
    assert clinic.problem(CLINICIAN) == (500, "service-failed")
    (logged,) = [vars(one) for one in caplog.records]
    assert logged["cause"] == "clinician.typ could not be typeset" and "Vogel" not in str(logged)


def test_a_patient_who_was_erased_is_gone_for_clinicians(clinic: Laboratory):
    tombstones = Tombstones(clinic.aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE)
    tombstones.add(PatientId(clinic.id, PATIENT), NOON)
    assert clinic.problem(CLINICIAN)[1] == "patient-erased"
    assert clinic.problem(PATIENTS, session=clinic.session())[1] == "examination-missing"
