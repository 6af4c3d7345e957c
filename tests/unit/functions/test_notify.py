import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from blastlens.cloud.endpoints import Endpoints
from blastlens.cloud.results import ResultsTable
from blastlens.domain.catalogue import Language
from blastlens.domain.clinic import Clinic, Phone, Platform
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.notice import Notice
from blastlens.domain.record import Audience
from blastlens.domain.result import ResultId
from blastlens.domain.telling import PatientDetail, PatientRelease, PatientSettings
from blastlens.domain.upload import Upload
from blastlens.functions.notify import NotifyParts, make_handler
from blastlens.functions.telling_patients import TellingPatients
from tests.answers import NOON, PAGE, lambda_context, rejection, result, sign_off, unreadable_result
from tests.aws import Services
from tests.unit.functions.corpus import event


@pytest.fixture
def phone(aws: Services) -> Phone:
    return aws.phone()


@pytest.fixture
def parts(aws: Services, phone: Phone) -> NotifyParts:
    return parts_of(aws)


def parts_of(aws: Services, settings: PatientSettings | None = None) -> NotifyParts:
    patients = TellingPatients(aws.results, aws.phones, aws.endpoints, aws.topics, settings or PatientSettings())
    return NotifyParts(aws.results, aws.clinics, aws.topics, patients, PAGE, Language.ENGLISH, clock=lambda: NOON)


def stream(*ids: ResultId, name: str = "INSERT") -> dict[str, Any]:
    template = event("stream-new-results")["Records"][0]
    return {
        "Records": [
            template
            | {
                "eventName": name,
                "dynamodb": template["dynamodb"]
                | {
                    "Keys": {"upload": {"S": one.upload}, "reading": {"S": one.reading}},
                    "SequenceNumber": str(number),
                },
            }
            for number, one in enumerate(ids)
        ]
    }


def signed(*ids: ResultId) -> dict[str, Any]:
    events = stream(*ids, name="MODIFY")
    image = event("stream-signed-off")["Records"][0]["dynamodb"]["NewImage"]
    for one in events["Records"]:
        one["dynamodb"]["NewImage"] = image
    return events


def told(parts: NotifyParts, heard, events: dict[str, Any]) -> list[str]:
    answer = make_handler(parts, heard.telemetry)(events, lambda_context())
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def counts(aws: Services) -> tuple[int, int]:
    """How many notices the first topic and the phones of patient-41 have been given."""
    phones = aws.phones.of_patient("clinic-7", "patient-41")
    pushed = sum(len(aws.pushed(one.endpoint)) for one in phones if one.platform is not Platform.SMS)
    return len(aws.published(aws.topics.first_arn)), pushed


def test_of_a_new_prediction_clinic_and_patient_are_told_and_marked(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    assert told(parts, heard, stream(result().id)) == []
    assert counts(aws) == (1, 1)
    record = aws.results.get(result().id)
    assert record is not None
    assert record.told == {Audience.CLINIC: NOON, Audience.PATIENT: NOON}


def test_of_a_rejection_the_clinic_alone_is_told(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result(rejection()))
    assert told(parts, heard, stream(result(rejection()).id)) == []
    assert counts(aws) == (1, 0)


def test_of_a_key_that_breaks_the_contract_somebody_is_told(aws: Services, parts: NotifyParts, heard):
    aws.results.write(unreadable_result())
    assert told(parts, heard, stream(unreadable_result().id)) == []
    assert counts(aws) == (1, 0)


def test_a_stream_record_that_comes_again_tells_nobody_again(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    for _ in range(3):
        told(parts, heard, stream(result().id, result().id))
    assert counts(aws) == (1, 1)


def test_removed_records_tell_nobody(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    assert told(parts, heard, stream(result().id, name="REMOVE")) == []
    assert counts(aws) == (0, 0)


def test_a_record_that_changes_after_all_were_told_tells_nobody(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    told(parts, heard, stream(result().id))
    aws.results.sign_off(result().id, sign_off())
    assert told(parts, heard, stream(result().id, name="MODIFY")) == []
    assert counts(aws) == (1, 1)


def test_of_a_record_that_is_gone_nobody_is_told(aws: Services, parts: NotifyParts, heard):
    assert told(parts, heard, stream(result().id)) == []
    assert counts(aws) == (0, 0)


@dataclass(frozen=True)
class Broken(Endpoints):
    """Reaches no phone but those that are named.

    Attributes:
        good: endpoints that are reached.
    """

    good: tuple[str, ...] = ()

    def publish(self, endpoint: str, notice: Notice) -> bool:
        if endpoint not in self.good:
            raise ServiceUnavailable("could not tell the patient: Throttled (400)")
        return super().publish(endpoint, notice)


def broken_for_all_but(parts: NotifyParts, *good: str) -> NotifyParts:
    endpoints = Broken(parts.patients.endpoints.client, good)
    return replace(parts, patients=replace(parts.patients, endpoints=endpoints))


def test_who_could_not_be_told_is_told_by_the_retry_and_nobody_twice(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    assert told(broken_for_all_but(parts), heard, stream(result().id)) == ["0"]
    assert counts(aws) == (1, 0)
    assert told(parts, heard, stream(result().id)) == []
    assert counts(aws) == (1, 1)


def test_a_record_that_fails_does_not_keep_the_others_from_being_told(aws: Services, parts: NotifyParts, heard):
    others = [result(upload=Upload("clinic-7", "patient-41", f"u{number}", "jpg")) for number in range(2)]
    for one in others:
        aws.results.write(one)
    broken = stream(others[0].id, ResultId("", ""), others[1].id)
    broken["Records"][1]["dynamodb"]["Keys"] = {}
    assert told(parts, heard, broken) == ["1"]
    assert counts(aws) == (2, 2)


class Forgetful(ResultsTable):
    """Cannot note who was told."""

    def mark_told(self, identity: ResultId, audience: Audience, told_at: Any, seconds: float) -> bool:
        raise ServiceUnavailable("could not note who was told")


def test_a_notice_whose_mark_is_lost_comes_again_rather_than_never(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    forgetful = replace(parts, results=Forgetful(aws.dynamodb, aws.results.name))
    assert told(forgetful, heard, stream(result().id)) == ["0"]
    assert told(parts, heard, stream(result().id)) == []
    assert counts(aws) == (2, 1)


def test_the_log_names_upload_and_audience_but_no_person(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    told(parts, heard, stream(result().id))
    lines = [line for line in heard.lines if line.get("message") == "told"]
    assert [(line["audience"], line["upload_id"]) for line in lines] == [
        ("clinic", "upload-0001"),
        ("patient", "upload-0001"),
    ]
    assert "patient-41" not in heard.text


def test_one_patients_message_reaches_all_their_phones_and_nobody_elses(aws: Services, parts: NotifyParts, heard):
    second = aws.phone("second", platform=Platform.APNS)
    strangers = [aws.phone("stranger", patient="patient-42"), aws.phone("longer id", patient="patient-411")]
    aws.results.write(result())
    told(parts, heard, stream(result().id))
    assert counts(aws) == (1, 2) and len(aws.pushed(second.endpoint)) == 1
    assert [aws.pushed(one.endpoint) for one in strangers] == [[], []]


def test_a_phone_that_took_its_message_is_left_alone_when_another_is_tried_again(
    aws: Services, parts: NotifyParts, phone: Phone, heard
):
    second = aws.phone("second")
    aws.results.write(result())
    for _ in range(2):
        assert told(broken_for_all_but(parts, phone.endpoint), heard, stream(result().id)) == ["0"]
    assert told(parts, heard, stream(result().id)) == []
    assert (len(aws.pushed(phone.endpoint)), len(aws.pushed(second.endpoint))) == (1, 1)


def test_a_dead_phone_is_taken_off_the_list_and_the_clinic_told(aws: Services, parts: NotifyParts, phone: Phone, heard):
    alive = aws.phone("alive")
    aws.disable(phone.endpoint)
    aws.results.write(result())
    assert told(parts, heard, stream(result().id)) == []
    assert aws.phones.of_patient("clinic-7", "patient-41") == [alive]
    assert len(aws.pushed(alive.endpoint)) == 1
    subjects = [one[2] for one in aws.published(aws.topics.first_arn)]
    assert subjects == ["blastlens: an upload has been answered", "blastlens: a phone cannot be reached"]
    assert aws.published(aws.topics.first_arn)[1][3]["clinic_id"]["Value"] == "clinic-7"


def test_a_phone_whose_endpoint_was_deleted_is_a_dead_one(aws: Services, parts: NotifyParts, phone: Phone, heard):
    aws.endpoints.delete(phone.endpoint)
    aws.results.write(result())
    assert told(parts, heard, stream(result().id)) == []
    assert aws.phones.of_patient("clinic-7", "patient-41") == []


def test_a_patient_whom_nobody_reaches_is_not_noted_as_told_and_the_clinic_reads_it(aws: Services, heard):
    aws.results.write(result())
    assert told(parts_of(aws), heard, stream(result().id)) == []
    record = aws.results.get(result().id)
    assert record is not None and record.owed == (Audience.PATIENT,)
    assert "nobody tells them but you" in aws.published(aws.topics.first_arn)[0][1]


@pytest.mark.parametrize("sms", [True, False])
def test_sms_is_the_last_resort_and_only_where_it_is_wanted(aws: Services, phone: Phone, heard, sms: bool):
    aws.phone("+491701234567", platform=Platform.SMS)
    parts = parts_of(aws, PatientSettings(sms=sms))
    aws.results.write(result())
    told(parts, heard, stream(result().id))
    assert aws.sent_sms() == []
    aws.disable(phone.endpoint)
    later = result(version="v2")
    aws.results.write(later)
    for _ in range(2):
        told(parts, heard, stream(later.id))
    expected = [("+491701234567", "blastlens: There is a new result for you. Call your clinic to hear it.")]
    assert aws.sent_sms() == (expected if sms else [])


def test_before_the_sign_off_the_clinic_alone_is_told_where_patients_wait_for_it(aws: Services, phone: Phone, heard):
    parts = parts_of(aws, PatientSettings(PatientRelease.AFTER_SIGN_OFF))
    aws.results.write(result())
    told(parts, heard, stream(result().id))
    assert counts(aws) == (1, 0)
    aws.results.sign_off(result().id, sign_off())
    for _ in range(2):
        assert told(parts, heard, signed(result().id)) == []
    assert counts(aws) == (1, 1)


def test_clinic_and_patient_are_told_in_the_clinics_language_and_a_phone_in_its_own(aws: Services, heard):
    own = aws.sns.create_topic(Name="own")["TopicArn"]
    aws.clinics.put(Clinic("clinic-7", "Haus am See", "labor@see.example", Language.GERMAN, own))
    german = aws.phone("german")
    english = aws.registration.add(Phone("", "clinic-7", "patient-41", Platform.APNS, "", Language.ENGLISH), "english")
    aws.results.write(result())
    told(parts_of(aws), heard, stream(result().id))
    assert "Klasse: Prä-B-ALL" in json.loads(aws.published(own)[0][1])["email"]
    assert "Das Bild von Ihrem Blut" in aws.pushed(german.endpoint)[0]["default"]
    assert "The image of your blood" in aws.pushed(english.endpoint)[0]["default"]


def test_the_lock_screen_shows_the_result_only_where_it_was_asked_for(aws: Services, phone: Phone, heard):
    aws.results.write(result())
    told(parts_of(aws, PatientSettings(detail=PatientDetail.FULL)), heard, stream(result().id))
    assert "blood cancer" in json.loads(aws.pushed(phone.endpoint)[0]["APNS"])["aps"]["alert"]["body"]


def test_the_log_names_no_phone(aws: Services, parts: NotifyParts, phone: Phone, heard):
    aws.disable(phone.endpoint)
    aws.results.write(result())
    told(parts, heard, stream(result().id))
    assert phone.endpoint not in heard.text and "patient-41" not in heard.text
