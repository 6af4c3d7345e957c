from dataclasses import replace
from typing import Any

import pytest

from blastlens.cloud.notices import NoticeTopics
from blastlens.cloud.results import ResultsTable
from blastlens.domain.errors import ServiceUnavailable
from blastlens.domain.notice import Notice
from blastlens.domain.record import Audience
from blastlens.domain.result import ResultId
from blastlens.domain.upload import Upload
from blastlens.functions.notify import NotifyParts, make_handler
from tests.answers import NOON, PAGE, lambda_context, rejection, result, unreadable_result
from tests.aws import Services
from tests.unit.functions.corpus import event


@pytest.fixture
def parts(aws: Services) -> NotifyParts:
    return NotifyParts(aws.results, aws.topics, PAGE, clock=lambda: NOON)


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


def told(parts: NotifyParts, heard, events: dict[str, Any]) -> list[str]:
    answer = make_handler(parts, heard.telemetry)(events, lambda_context())
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def counts(aws: Services) -> tuple[int, int]:
    return len(aws.published(aws.topics.clinic_topic_arn)), len(aws.published(aws.topics.patient_topic_arn))


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


def test_changed_and_removed_records_tell_nobody(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    for name in ("MODIFY", "REMOVE"):
        assert told(parts, heard, stream(result().id, name=name)) == []
    assert counts(aws) == (0, 0)


def test_of_a_record_that_is_gone_nobody_is_told(aws: Services, parts: NotifyParts, heard):
    assert told(parts, heard, stream(result().id)) == []
    assert counts(aws) == (0, 0)


class Broken(NoticeTopics):
    """Reaches clinics but no patients."""

    def publish(self, notice: Notice) -> str:
        if notice.audience is Audience.PATIENT:
            raise ServiceUnavailable("could not tell the patient: Throttled (400)")
        return super().publish(notice)


def test_who_could_not_be_told_is_told_by_the_retry_and_nobody_twice(aws: Services, parts: NotifyParts, heard):
    aws.results.write(result())
    topics = aws.topics
    broken = replace(parts, topics=Broken(topics.client, topics.clinic_topic_arn, topics.patient_topic_arn))
    assert told(broken, heard, stream(result().id)) == ["0"]
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
