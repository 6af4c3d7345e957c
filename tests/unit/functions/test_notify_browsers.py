"""Messages of notify to patients' browsers."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blastlens.cloud.notifications.web_push import WebPush
from blastlens.cloud.push_key import to_base64url
from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.domain.examination import ExaminationStatus, Meaning
from blastlens.domain.patient import PatientId
from blastlens.domain.patient_access import make_code
from blastlens.domain.record import Audience
from blastlens.domain.signature import SignatureKind
from blastlens.domain.text_catalogue import Language
from blastlens.domain.web_push import Browser, browser_id
from blastlens.functions.notify import NotifyDependencies
from blastlens.functions.patient_notifications import BrowserPush
from tests.answers import NOON
from tests.aws import PATIENT_ACCESS_TABLE, Services
from tests.examinations import examination, signature
from tests.push_service import PushService, make_push_key, served
from tests.unit.functions.test_notify import meanings, parts_of, store, stored, told

SIGNED = examination(ExaminationStatus.SIGNED, signature())
PATIENT = PatientId("clinic-7", "patient-41")


@pytest.fixture
def service() -> PushService:
    return PushService()


@pytest.fixture
def parts(aws: Services, service: PushService) -> Iterator[NotifyDependencies]:
    with served(service) as origin:
        made = parts_of(aws, str(aws.sns.create_topic(Name="reports")["TopicArn"]))
        push = WebPush(make_push_key(), "https://page.example", also=origin)
        browsers = BrowsersTable(aws.dynamodb, PATIENT_ACCESS_TABLE)
        yield replace(made, patients=replace(made.patients, browser_push=BrowserPush(browsers, push)))


def register(aws: Services, parts: NotifyDependencies, path: str = "/1") -> Browser:
    assert parts.patients.browser_push is not None
    code = make_code(PATIENT, "dr-vogel", NOON).stored
    aws.access.add(code)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = to_base64url(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    endpoint = f"{parts.patients.browser_push.push.also}{path}"
    keys = (point, to_base64url(bytes(16)), Language.GERMAN, code.expires_at)
    browser = Browser(browser_id(endpoint), PATIENT, code.id, endpoint, *keys)
    assert parts.patients.browser_push.browsers.put(browser)
    return browser


def registered(parts: NotifyDependencies) -> list[Browser]:
    assert parts.patients.browser_push is not None
    return parts.patients.browser_push.browsers.of_patient(PATIENT)


def clinic_subjects(aws: Services) -> list[str]:
    return [one[2] for one in aws.published(aws.topics.first_arn)]


def test_a_browser_gets_one_message_of_a_signature_however_often_the_stream_comes(aws, parts, service, recorded):
    register(aws, parts)
    store(aws, SIGNED)
    assert told(parts, recorded) == [] and told(parts, recorded) == []
    assert len(service.requests) == 1
    assert meanings(aws, Audience.PATIENT) == [Meaning.LEUKEMIA] and not stored(aws).left_to_clinic


def test_every_browser_and_phone_gets_it(aws, parts, service, recorded):
    phone = aws.phone()
    register(aws, parts), register(aws, parts, "/2")
    store(aws, SIGNED)
    assert told(parts, recorded) == []
    assert {path for path, _, _ in service.requests} == {"/1", "/2"} and len(aws.pushed(phone.endpoint)) == 1


def test_a_browser_with_a_key_that_is_none_keeps_nobody_from_the_message(aws, parts, service, recorded):
    bad = register(aws, parts)
    assert parts.patients.browser_push is not None
    assert parts.patients.browser_push.browsers.put(replace(bad, key=to_base64url(b"\x04" + b"\x01" * 64)))
    register(aws, parts, "/2")
    store(aws, SIGNED)
    assert told(parts, recorded) == []
    assert [path for path, _, _ in service.requests] == ["/2"]
    assert meanings(aws, Audience.PATIENT) == [Meaning.LEUKEMIA]


def test_no_browser_gets_a_message_before_the_signature(aws, parts, service, recorded):
    register(aws, parts)
    store(aws, examination())
    assert told(parts, recorded) == []
    assert service.requests == [] and len(clinic_subjects(aws)) == 1


def test_a_busy_push_service_is_left_to_the_stream_and_nobody_gets_it_twice(aws, parts, service, recorded):
    phone, service.status = aws.phone(), 503
    register(aws, parts)
    store(aws, SIGNED)
    assert told(parts, recorded) == ["0"]
    assert meanings(aws, Audience.PATIENT) == [] and len(aws.pushed(phone.endpoint)) == 1
    service.status, before = 201, len(service.requests)
    assert told(parts, recorded) == []
    assert len(service.requests) == before + 1 and len(aws.pushed(phone.endpoint)) == 1
    assert meanings(aws, Audience.PATIENT) == [Meaning.LEUKEMIA]


def test_a_browser_that_is_gone_is_removed_and_the_clinic_informs_the_patient(aws, parts, service, recorded):
    service.status = 410
    register(aws, parts)
    store(aws, SIGNED)
    assert told(parts, recorded) == []
    assert registered(parts) == [] and stored(aws).left_to_clinic
    assert "blastlens: a patient was not told" in clinic_subjects(aws)


def test_a_message_that_is_refused_raises_an_alarm_and_the_clinic_informs_the_patient(aws, parts, service, recorded):
    service.status = 403
    register(aws, parts)
    store(aws, SIGNED)
    assert told(parts, recorded) == []
    assert stored(aws).left_to_clinic and len(registered(parts)) == 1
    assert recorded.metrics()["PushRefused"] == [1]


def test_a_browser_whose_code_has_expired_gets_nothing(aws, parts, service, recorded):
    browser = register(aws, parts)
    parts = replace(parts, clock=lambda: browser.expires_at)
    store(aws, SIGNED)
    assert told(parts, recorded) == []
    assert service.requests == [] and stored(aws).left_to_clinic


def test_a_retraction_reaches_the_browser_that_got_the_result(aws, parts, service, recorded):
    register(aws, parts)
    store(aws, SIGNED)
    told(parts, recorded)
    store(aws, examination(ExaminationStatus.RETRACTED, signature(), signature(SignatureKind.RETRACT)))
    assert told(parts, recorded) == []
    assert len(service.requests) == 2
    assert meanings(aws, Audience.PATIENT) == [Meaning.LEUKEMIA, Meaning.RETRACTED]
