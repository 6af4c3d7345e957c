"""Who may see what through the API, and the record of who did."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.domain.access import Access, Subject
from blastlens.domain.upload import Upload
from blastlens.functions.api import make_handler
from blastlens.functions.callers import read_caller
from blastlens.functions.routes import ApiDependencies
from tests.answers import BUCKET, NOON, lambda_context, result
from tests.aws import AUDIT_LOG_GROUP, Services
from tests.examinations import examination
from tests.unit.functions.corpus import changed, event

OWN = "arn:aws:sts::123456789012:assumed-role/blastlens-prod-clinic-clinic-7/dr-vogel"
OTHER = "arn:aws:sts::123456789012:assumed-role/blastlens-prod-clinic-clinic-8/dr-amsel"
ADMINISTRATOR = "arn:aws:iam::123456789012:user/administrator"
WHO = "requestContext.authorizer.iam.userArn"
ROUTES = ["api-result", "api-worklist", "api-start-upload", "api-examinations", "api-sign"]


@pytest.fixture
def ask(aws: Services, recorded):
    handler = make_handler(
        ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, lambda: NOON, aws.trail), recorded.telemetry
    )

    def ask(name: str, caller: str = OWN, **changes: Any) -> tuple[int, Any]:
        answer = handler(changed(event(name), WHO, caller) | changes, lambda_context())
        return answer["statusCode"], json.loads(answer["body"])

    return ask


def store(aws: Services) -> None:
    """Store the result and the examination that the events name."""
    assert aws.results.write(result()) and aws.examinations.put(examination(), None)


def recorded_accesses(aws: Services, *ids: str) -> list[Access]:
    return list(aws.trail.read(Subject(*ids)))


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("is_there", [True, False])
def test_another_clinics_ids_answer_404_whether_they_exist_or_not(ask, aws: Services, name: str, is_there: bool):
    if is_there:
        store(aws)
    status, body = ask(name, OTHER)
    assert (status, body) == (404, {"statusCode": 404, "message": "Not found"})


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("caller", [OWN, ADMINISTRATOR])
def test_a_clinic_reaches_its_own_ids_and_an_administrator_every_id(ask, aws: Services, name: str, caller: str):
    store(aws)
    assert ask(name, caller)[0] < 300


def test_an_attempt_on_another_clinics_ids_is_recorded_and_counted(ask, aws: Services, recorded):
    ask("api-result", OTHER)
    (access,) = recorded_accesses(aws, "clinic-7")
    assert (access.caller, access.status) == (OTHER, 404)
    assert recorded.metrics()["OtherClinicRefused"] == [1.0]


@pytest.mark.parametrize(
    ("identity", "clinic"),
    [
        (OWN, "clinic-7"),
        ("arn:aws-cn:sts::123456789012:assumed-role/blastlens-dev-clinic-c-7/x/y", "c-7"),
        ("arn:aws:sts::123456789012:assumed-role/clinic-7/dr-vogel", None),
        ("arn:aws:sts::123456789012:assumed-role/blastlens-dev-DeviceRole-1X/certificate", None),
        (ADMINISTRATOR, None),
        (None, None),
    ],
)
def test_the_clinic_of_a_caller_is_that_of_its_role(identity: str | None, clinic: str | None):
    assert read_caller(changed(event("api-result"), WHO, identity)).clinic_id == clinic


def test_a_caller_that_nobody_has_authenticated_is_called_unknown():
    assert read_caller(changed(event("api-result"), "requestContext.authorizer", ...)).identity == "unknown"


def test_a_record_says_who_saw_what_when_and_from_where(ask, aws: Services):
    aws.results.write(result())
    ask("api-result")
    assert recorded_accesses(aws) == [
        Access(
            at=NOON,
            caller=OWN,
            address="203.0.113.9",
            action="GET /clinics/{clinic_id}/patients/{patient_id}/uploads/{upload_id}",
            status=200,
            request_id=event("api-result")["requestContext"]["requestId"],
            subject=Subject("clinic-7", "patient-41", "upload-0001"),
            upload_id="upload-0001",
        )
    ]


def test_a_worklist_is_an_access_to_each_result_that_it_shows(ask, aws: Services):
    for number in range(3):
        aws.results.write(result(upload=Upload("clinic-7", f"p{number}", f"u{number}", "jpg")))
    _, page = ask("api-worklist", queryStringParameters={"limit": "2"})
    shown = [f"clinic-7/{one['patient_id']}/{one['upload_id']}" for one in page["results"]]
    assert len(shown) == 2 and [str(one.subject) for one in recorded_accesses(aws)] == shown


def test_a_worklist_of_examinations_is_an_access_to_each(ask, aws: Services):
    store(aws)
    ask("api-examinations")
    assert [str(one.subject) for one in recorded_accesses(aws)] == [str(examination().id)]


def test_a_signature_is_recorded_under_its_examination_once(ask, aws: Services):
    store(aws)
    assert ask("api-sign")[0] == 200
    assert [(str(one.subject), one.status) for one in recorded_accesses(aws)] == [(str(examination().id), 200)]


def test_a_signature_that_could_not_be_recorded_is_stored_once_when_it_is_repeated(aws: Services, recorded):
    store(aws)
    trail = NoTrail(aws.trail.client, AUDIT_LOG_GROUP)
    trail.error = BUSY
    parts = ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, lambda: NOON, trail)
    handler = make_handler(parts, recorded.telemetry)
    assert handler(event("api-sign"), lambda_context())["statusCode"] == 503
    trail.error = None
    assert handler(event("api-sign"), lambda_context())["statusCode"] == 200
    stored = aws.examinations.get(examination().id)
    assert stored is not None and len(stored.history) == 1


def test_a_worklist_without_results_is_an_access_to_the_clinic(ask, aws: Services):
    ask("api-worklist", queryStringParameters=None)
    assert [str(one.subject) for one in recorded_accesses(aws)] == ["clinic-7"]


def test_a_new_upload_is_recorded_with_the_id_that_it_gets(ask, aws: Services):
    _, form = ask("api-start-upload")
    (access,) = recorded_accesses(aws)
    assert str(access.subject) == f"clinic-7/patient-41/{form['upload_id']}"


def test_a_name_in_a_path_is_not_recorded(ask, aws: Services):
    path = "/clinics/clinic-7/patients/Jane Doe/uploads/upload-0001"
    request = {
        "rawPath": path,
        "requestContext": changed(event("api-result"), "requestContext.http.path", path)["requestContext"],
    }
    assert ask("api-result", **request)[0] == 400
    (access,) = recorded_accesses(aws)
    assert access.status == 400 and "Jane" not in json.dumps(access.to_plain())


def test_the_state_of_an_upload_is_no_access_to_its_result(ask, aws: Services):
    aws.results.write(result())
    path = "/clinics/clinic-7/patients/patient-41/uploads/upload-0001/state"
    context = changed(event("api-result"), "requestContext.http.path", path)["requestContext"]
    route = "GET /clinics/{clinic_id}/patients/{patient_id}/uploads/{upload_id}/state"
    assert ask("api-result", rawPath=path, routeKey=route, requestContext=context)[0] == 200
    assert recorded_accesses(aws) == []


class NoTrail(AuditTrail):
    """A trail that fails, or whose records CloudWatch discards."""

    error: Exception | None = None

    def _put(self, accesses: Any) -> None:
        if self.error is not None:
            raise self.error
        super()._put(accesses)


BUSY = ClientError({"Error": {"Code": "ThrottlingException"}}, "PutLogEvents")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutLogEvents")


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize(
    ("error", "status"), [(BUSY, 503), (ReadTimeoutError(endpoint_url="logs"), 503), (DENIED, 500)]
)
def test_an_access_that_cannot_be_recorded_is_refused(aws: Services, recorded, name: str, error, status: int):
    store(aws)
    trail = NoTrail(aws.trail.client, AUDIT_LOG_GROUP)
    trail.error = error
    handler = make_handler(
        ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, lambda: NOON, trail), recorded.telemetry
    )
    answer = handler(event(name), lambda_context())
    assert answer["statusCode"] == status
    assert json.loads(answer["body"]).keys() == {"statusCode", "message"}
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "item failed" in recorded.messages()


def test_records_that_cloudwatch_discards_refuse_the_access(aws: Services, recorded):
    aws.results.write(result())
    trail = AuditTrail(aws.trail.client, AUDIT_LOG_GROUP, clock=lambda: 0.0)
    handler = make_handler(
        ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, lambda: NOON, trail), recorded.telemetry
    )
    assert handler(event("api-result"), lambda_context())["statusCode"] == 500
