import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.clinic import Clinic, Phone, Platform
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.notice import Notice
from blastlens.domain.notification_plan import PatientRelease, PatientSettings
from blastlens.domain.record import Audience
from blastlens.domain.result import ResultId
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import Upload
from blastlens.functions.notify import NotifyDependencies, make_handler
from blastlens.functions.patient_notifications import PatientNotifier
from tests.answers import NOON, PAGE, lambda_context, pass_at_once, rejection, result, sign_off, unreadable_result
from tests.aws import Services
from tests.unit.functions.corpus import event

AT_ONCE = PatientSettings(PatientRelease.AUTOMATIC)


@pytest.fixture
def phone(aws: Services) -> Phone:
    return aws.phone()


@pytest.fixture
def parts(aws: Services, phone: Phone) -> NotifyDependencies:
    return parts_of(aws)


def parts_of(aws: Services, settings: PatientSettings = AT_ONCE) -> NotifyDependencies:
    patients = PatientNotifier(aws.results, aws.phones, aws.endpoints, aws.topics, settings)
    return NotifyDependencies(
        aws.results, aws.clinics, aws.topics, patients, PAGE, Language.ENGLISH, clock=lambda: NOON, sleep=pass_at_once
    )


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


def told(parts: NotifyDependencies, recorded, events: dict[str, Any]) -> list[str]:
    answer = make_handler(parts, recorded.telemetry)(events, lambda_context())
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def counts(aws: Services) -> tuple[int, int]:
    """How many notices the first topic and the phones of patient-41 have been given."""
    phones = aws.phones.of_patient("clinic-7", "patient-41")
    pushed = sum(len(aws.pushed(one.endpoint)) for one in phones if one.platform is not Platform.SMS)
    return len(aws.published(aws.topics.first_arn)), pushed


def test_clinic_and_patient_are_notified_of_a_new_prediction(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    assert told(parts, recorded, stream(result().id)) == []
    assert counts(aws) == (1, 1)
    record = aws.results.get(result().id)
    assert record is not None
    assert record.notified == {Audience.CLINIC: NOON, Audience.PATIENT: NOON}


def test_only_the_clinic_is_notified_of_a_rejection(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result(rejection()))
    assert told(parts, recorded, stream(result(rejection()).id)) == []
    assert counts(aws) == (1, 0)


def test_an_invalid_key_is_notified(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(unreadable_result())
    assert told(parts, recorded, stream(unreadable_result().id)) == []
    assert counts(aws) == (1, 0)


def test_a_repeated_stream_record_notifies_nobody(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    for _ in range(3):
        told(parts, recorded, stream(result().id, result().id))
    assert counts(aws) == (1, 1)


def test_removed_records_notify_nobody(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    assert told(parts, recorded, stream(result().id, name="REMOVE")) == []
    assert counts(aws) == (0, 0)


def test_a_change_after_all_notices_notifies_nobody(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    aws.results.sign_off(result().id, sign_off())
    assert told(parts, recorded, stream(result().id, name="MODIFY")) == []
    assert counts(aws) == (1, 1)


def test_a_deleted_record_notifies_nobody(aws: Services, parts: NotifyDependencies, recorded):
    assert told(parts, recorded, stream(result().id)) == []
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
            raise ServiceUnavailable("could not notify the patient: Throttled (400)")
        return super().publish(endpoint, notice)


def broken_for_all_but(parts: NotifyDependencies, *good: str) -> NotifyDependencies:
    endpoints = Broken(parts.patients.endpoints.client, good)
    return replace(parts, patients=replace(parts.patients, endpoints=endpoints))


def test_a_retry_notifies_only_those_who_were_not_notified(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    assert told(broken_for_all_but(parts), recorded, stream(result().id)) == ["0"]
    assert counts(aws) == (1, 0)
    assert told(parts, recorded, stream(result().id)) == []
    assert counts(aws) == (1, 1)


def test_a_failed_record_does_not_block_the_others(aws: Services, parts: NotifyDependencies, recorded):
    others = [result(upload=Upload("clinic-7", "patient-41", f"u{number}", "jpg")) for number in range(2)]
    for one in others:
        aws.results.write(one)
    broken = stream(others[0].id, ResultId("", ""), others[1].id)
    broken["Records"][1]["dynamodb"]["Keys"] = {}
    assert told(parts, recorded, broken) == ["1"]
    assert counts(aws) == (2, 2)


class Forgetful(ResultsTable):
    """Cannot record a notification."""

    def mark_notified(self, identity: ResultId, audience: Audience, told_at: Any, seconds: float, *_: Any) -> bool:
        raise ServiceUnavailable("could not record a notification")


def test_a_notice_whose_mark_is_lost_comes_again_rather_than_never(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    forgetful = replace(parts, results=Forgetful(aws.dynamodb, aws.results.name))
    assert told(forgetful, recorded, stream(result().id)) == ["0"]
    assert told(parts, recorded, stream(result().id)) == []
    assert counts(aws) == (2, 1)


def test_the_log_names_upload_and_audience_but_no_person(aws: Services, parts: NotifyDependencies, recorded):
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    lines = [line for line in recorded.lines if line.get("message") == "notified"]
    assert [(line["audience"], line["upload_id"]) for line in lines] == [
        ("clinic", "upload-0001"),
        ("patient", "upload-0001"),
    ]
    assert "patient-41" not in recorded.text


def test_a_message_reaches_all_phones_of_its_patient_and_no_other(aws: Services, parts: NotifyDependencies, recorded):
    second = aws.phone("second", platform=Platform.APNS)
    strangers = [aws.phone("stranger", patient="patient-42"), aws.phone("longer id", patient="patient-411")]
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    assert counts(aws) == (1, 2) and len(aws.pushed(second.endpoint)) == 1
    assert [aws.pushed(one.endpoint) for one in strangers] == [[], []]


def test_a_retry_for_one_phone_does_not_notify_another_again(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    second = aws.phone("second")
    aws.results.write(result())
    for _ in range(2):
        assert told(broken_for_all_but(parts, phone.endpoint), recorded, stream(result().id)) == ["0"]
    assert told(parts, recorded, stream(result().id)) == []
    assert (len(aws.pushed(phone.endpoint)), len(aws.pushed(second.endpoint))) == (1, 1)


def test_a_dead_phone_is_removed_and_the_clinic_is_notified(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    alive = aws.phone("alive")
    aws.disable(phone.endpoint)
    aws.results.write(result())
    assert told(parts, recorded, stream(result().id)) == []
    assert aws.phones.of_patient("clinic-7", "patient-41") == [alive]
    assert len(aws.pushed(alive.endpoint)) == 1
    subjects = [one[2] for one in aws.published(aws.topics.first_arn)]
    assert subjects == ["blastlens: an upload has been answered", "blastlens: a phone cannot be reached"]
    assert aws.published(aws.topics.first_arn)[1][3]["clinic_id"]["Value"] == "clinic-7"


def test_a_phone_without_endpoint_counts_as_dead(aws: Services, parts: NotifyDependencies, phone: Phone, recorded):
    aws.endpoints.delete(phone.endpoint)
    aws.results.write(result())
    assert told(parts, recorded, stream(result().id)) == []
    assert aws.phones.of_patient("clinic-7", "patient-41") == []


def test_a_patient_whom_nobody_reaches_is_left_to_the_clinic_which_reads_it(aws: Services, recorded):
    aws.results.write(result())
    assert told(parts_of(aws), recorded, stream(result().id)) == []
    record = aws.results.get(result().id)
    assert record is not None and Audience.PATIENT not in record.notified
    assert record.left_to_clinic and record.owed == ()
    assert "nobody tells them but you" in aws.published(aws.topics.first_arn)[0][1]


def test_a_phone_registered_later_does_not_get_a_result_left_to_the_clinic(aws: Services, recorded):
    aws.results.write(result())
    told(parts_of(aws), recorded, stream(result().id))
    later = aws.phone("later")
    aws.results.sign_off(result().id, sign_off())
    assert told(parts_of(aws), recorded, signed(result().id)) == []
    assert told(parts_of(aws), recorded, stream(result().id)) == []
    assert aws.pushed(later.endpoint) == []


def test_a_phone_registered_before_the_sign_off_is_notified_after_it(aws: Services, recorded):
    parts = parts_of(aws, PatientSettings(PatientRelease.AFTER_SIGN_OFF))
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    in_time = aws.phone("in time")
    aws.results.sign_off(result().id, sign_off())
    assert told(parts, recorded, signed(result().id)) == []
    assert len(aws.pushed(in_time.endpoint)) == 1


@pytest.mark.parametrize("sms", [True, False])
def test_sms_is_the_last_resort_and_only_where_it_is_wanted(aws: Services, phone: Phone, recorded, sms: bool):
    aws.phone("+491701234567", platform=Platform.SMS)
    parts = parts_of(aws, replace(AT_ONCE, sms=sms))
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    assert aws.sent_sms() == []
    aws.disable(phone.endpoint)
    later = result(version="v2", sequencer="0B")
    aws.results.write(later)
    for _ in range(2):
        told(parts, recorded, stream(later.id))
    shown = "There is a result for you, from an image uploaded on 22 November 2026. Your clinic will explain it to you."
    expected = [("+491701234567", f"blastlens: {shown} It replaces an earlier result.")]
    assert aws.sent_sms() == (expected if sms else [])


def test_only_the_clinic_is_notified_before_the_sign_off(aws: Services, phone: Phone, recorded):
    parts = parts_of(aws, PatientSettings(PatientRelease.AFTER_SIGN_OFF))
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    assert counts(aws) == (1, 0)
    aws.results.sign_off(result().id, sign_off())
    for _ in range(2):
        assert told(parts, recorded, signed(result().id)) == []
    assert counts(aws) == (1, 1)


@pytest.mark.parametrize("label", [Label.PRE_B, Label.PRO_B, Label.BENIGN])
def test_a_patient_gets_a_correction_after_a_different_sign_off(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded, label: Label
):
    aws.results.write(result())  # pre-B
    told(parts, recorded, stream(result().id))
    aws.results.sign_off(result().id, sign_off(label))
    for _ in range(2):
        assert told(parts, recorded, signed(result().id)) == []
    texts = [one["default"] for one in aws.pushed(phone.endpoint)]
    assert len(texts) == (2 if label is Label.BENIGN else 1)
    assert ("It replaces an earlier result." in texts[-1]) is (label is Label.BENIGN)
    assert len(aws.published(aws.topics.first_arn)) == 1


def test_a_failed_correction_is_retried_for_that_phone_only(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    second = aws.phone("second")
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    aws.results.sign_off(result().id, sign_off(Label.BENIGN))
    assert told(broken_for_all_but(parts, phone.endpoint), recorded, signed(result().id)) == ["0"]
    record = aws.results.get(result().id)
    assert record is not None and record.owes_correction
    assert told(parts, recorded, stream(result().id)) == []
    assert [len(aws.pushed(one.endpoint)) for one in (phone, second)] == [2, 2]


def test_a_correction_that_reaches_no_phone_is_left_to_the_clinic_which_reads_it_once(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    aws.phones.remove(phone)
    aws.results.sign_off(result().id, sign_off(Label.BENIGN))
    for _ in range(2):
        assert told(parts, recorded, signed(result().id)) == []
    record = aws.results.get(result().id)
    assert record is not None and record.left_to_clinic and not record.owes_correction
    assert [one[2] for one in aws.published(aws.topics.first_arn)][1:] == ["blastlens: a patient was not told"]


def test_who_has_no_phone_when_the_result_they_wait_for_is_signed_is_left_to_the_clinic(aws: Services, recorded):
    parts = parts_of(aws, PatientSettings(PatientRelease.AFTER_SIGN_OFF))
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    aws.results.sign_off(result().id, sign_off())
    for _ in range(2):
        assert told(parts, recorded, signed(result().id)) == []
    later = aws.phone("later")
    assert told(parts, recorded, stream(result().id)) == []
    assert aws.pushed(later.endpoint) == [] and len(aws.published(aws.topics.first_arn)) == 2


def test_a_sign_off_during_a_notification_leads_to_a_correction(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    aws.results.write(result())
    assert told(broken_for_all_but(parts), recorded, stream(result().id)) == ["0"]
    record = aws.results.get(result().id)
    assert record is not None and record.reported_finding is Finding.LEUKEMIA


def test_notices_are_in_the_clinics_language_or_the_phones_own(aws: Services, recorded):
    own = aws.sns.create_topic(Name="own")["TopicArn"]
    aws.clinics.put(Clinic("clinic-7", "Haus am See", "labor@see.example", Language.GERMAN, own))
    german = aws.phone("german")
    english = aws.registration.add(Phone("", "clinic-7", "patient-41", Platform.APNS, "", Language.ENGLISH), "english")
    aws.results.write(result())
    told(parts_of(aws), recorded, stream(result().id))
    assert "Klasse: Prä-B-ALL" in json.loads(aws.published(own)[0][1])["email"]
    assert "Ihre Klinik erklärt es Ihnen" in aws.pushed(german.endpoint)[0]["default"]
    assert "Your clinic will explain it" in aws.pushed(english.endpoint)[0]["default"]


def test_a_notice_says_where_there_was_an_earlier_answer_to_the_upload(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    older, newer = result(version="v1", sequencer="0A"), result(version="v2", sequencer="0B")
    aws.results.write(older)
    told(parts, recorded, stream(older.id))
    aws.results.write(newer)
    told(parts, recorded, stream(newer.id))
    emails = [json.loads(one[1])["email"] for one in aws.published(aws.topics.first_arn)]
    assert ["replaces an earlier one" in email for email in emails] == [False, True]
    pushed = [one["default"] for one in aws.pushed(phone.endpoint)]
    assert ["It replaces an earlier result" in text for text in pushed] == [False, True]


def test_a_late_notice_of_an_overwritten_image_says_that_a_newer_answer_replaces_it(
    aws: Services, parts: NotifyDependencies, recorded
):
    older, newer = result(version="v1", sequencer="0A"), result(version="v2", sequencer="0B")
    aws.results.write(newer)
    aws.results.write(older)
    told(parts, recorded, stream(older.id))
    (email,) = [json.loads(one[1])["email"] for one in aws.published(aws.topics.first_arn)]
    assert "There is a newer answer to the same upload" in email


def test_a_patient_whose_earlier_image_was_rejected_does_not_read_that_a_result_is_replaced(
    aws: Services, parts: NotifyDependencies, phone: Phone, recorded
):
    rejected, read = result(rejection(), version="v1", sequencer="0A"), result(version="v2", sequencer="0B")
    for one in (rejected, read):
        aws.results.write(one)
        told(parts, recorded, stream(one.id))
    (push,) = aws.pushed(phone.endpoint)
    assert "replaces" not in push["default"]


def test_the_log_names_no_phone(aws: Services, parts: NotifyDependencies, phone: Phone, recorded):
    aws.disable(phone.endpoint)
    aws.results.write(result())
    told(parts, recorded, stream(result().id))
    assert phone.endpoint not in recorded.text and "patient-41" not in recorded.text
