import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from blastlens.cloud.settle_queue import SettleQueue, make_event
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.patient import patient_of
from blastlens.domain.record import Audience, Record
from blastlens.domain.upload import UNVERSIONED, ExaminationId, ObjectVersion
from blastlens.functions.examine import ExamineDependencies, make_handler
from blastlens.functions.s3_events import read_body
from blastlens.functions.telemetry import Handler
from tests.answers import EXAMINATION, NOON, field_record, lambda_context, pass_at_once, record, unreadable_result
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, Services

QUIET = timedelta(seconds=180)


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now = NOON + timedelta(seconds=5)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(aws: Services) -> SettleQueue:
    return SettleQueue(aws.sqs, aws.sqs.create_queue(QueueName="settle")["QueueUrl"], aws.queue.url)


@pytest.fixture
def handler(aws: Services, queue: SettleQueue, clock: Clock, recorded) -> Handler:
    parts = ExamineDependencies(aws.results, aws.examinations, aws.reviews, queue, QUIET, clock, pass_at_once)
    return make_handler(parts, recorded.telemetry)


def store(aws: Services, *records: Record) -> dict[str, Any]:
    """Store field records and return the event of the table's stream."""
    for one in records:
        aws.results.write(one.result)
    return {"Records": [stream_record(one.id.upload, number) for number, one in enumerate(records)]}


def stream_record(upload: str, number: int) -> dict[str, Any]:
    keys = {"upload": {"S": upload}, "reading": {"S": f"reading-{number}"}}
    part = {"Keys": keys, "SequenceNumber": str(number), "NewImage": keys}
    return {"eventName": "INSERT", "eventSource": "aws:dynamodb", "dynamodb": part}


def reminder(body: str) -> dict[str, Any]:
    return {"Records": [{"messageId": "m1", "body": body, "eventSource": "aws:sqs", "attributes": {}}]}


def stored(aws: Services) -> Examination:
    one = aws.examinations.get(EXAMINATION)
    assert one is not None
    return one


def bodies(aws: Services, url: str) -> list[str]:
    """The messages in a queue, also those that are delayed."""
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    answer = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [one["Body"] for one in answer.get("Messages", [])]


def waiting(aws: Services, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
    return sum(map(int, aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def test_the_fields_of_a_batch_are_one_computation_and_one_reminder(aws, queue, handler):
    event = store(aws, field_record(1), field_record(2), field_record(3))
    assert handler(event, lambda_context()) == {"batchItemFailures": []}
    one = stored(aws)
    assert (one.status, one.revision, one.totals.fields) == (ExaminationStatus.OPEN, 1, 3)
    assert waiting(aws, queue.url) == 1


def test_a_reminder_after_the_quiet_time_settles_the_examination(aws, queue, handler, clock, recorded):
    handler(store(aws, field_record(1)), lambda_context())
    clock.now += QUIET
    handler(reminder(json.dumps({"examination": str(EXAMINATION)})), lambda_context())
    assert stored(aws).status is ExaminationStatus.READY
    assert recorded.counted("Settled", "status") == ["READY"]


def test_a_reminder_of_a_state_before_the_last_field_is_dropped_and_the_last_ones_settles(aws, queue, handler, clock):
    handler(store(aws, field_record(1)), lambda_context())
    late = field_record(2, at=NOON + timedelta(seconds=60))
    clock.now += timedelta(seconds=60)
    handler(store(aws, late), lambda_context())
    answered = [field_record(1).result.answered_at, late.result.answered_at]
    first, second = ({"examination": str(EXAMINATION), "answered_at": one.isoformat()} for one in answered)
    handler(reminder(json.dumps(first)), lambda_context())
    assert (waiting(aws, queue.url), stored(aws).revision) == (2, 2), "it goes round no more"
    clock.now += QUIET
    handler(reminder(json.dumps(second)), lambda_context())
    assert stored(aws).status is ExaminationStatus.READY


def test_the_same_event_again_stores_nothing_and_sends_nothing(aws, queue, handler):
    event = store(aws, field_record(1))
    handler(event, lambda_context())
    handler(event, lambda_context())
    assert stored(aws).revision == 1
    assert waiting(aws, queue.url) == 1


def test_a_reminder_of_an_examination_that_was_erased_is_taken(aws, handler):
    event = reminder(json.dumps({"examination": str(EXAMINATION)}))
    assert handler(event, lambda_context()) == {"batchItemFailures": []}
    assert aws.examinations.get(EXAMINATION) is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"examination": "a/b/c", "answered_at": "noon"}',
        '{"examination": 3}',
        '{"examination": "a/b"}',
        '{"examination": "a/b/../c"}',
    ],
)
def test_a_message_that_names_no_examination_fails_and_is_kept(handler, body: str):
    assert handler(reminder(body), lambda_context()) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_an_image_with_an_odd_key_has_no_examination(aws, handler):
    odd = record(unreadable_result())
    assert handler(store(aws, odd), lambda_context()) == {"batchItemFailures": []}
    assert list(aws.examinations.all()) == []


def interfere(aws: Services, times: int) -> Callable[..., Any]:
    """Return `ResultsTable.fields` during whose first calls a notice is noted."""
    original, calls = aws.results.fields, iter(range(times))

    def fields(identity):
        if (call := next(calls, None)) is not None:
            told = Told(Meaning.UNCERTAIN, NOON, f"basis {call}")
            aws.examinations.mark_told(identity, Audience.CLINIC, told)
        return original(identity)

    return fields


def test_what_was_stored_in_between_is_never_overwritten(aws, queue, clock, recorded):
    class Meanwhile:
        fields = staticmethod(interfere(aws, 3))

    event = store(aws, field_record(1))
    make_handler(ExamineDependencies(aws.results, aws.examinations, aws.reviews, queue, QUIET, clock, pass_at_once))(
        event, lambda_context()
    )
    event = store(aws, field_record(2))
    parts = ExamineDependencies(Meanwhile(), aws.examinations, aws.reviews, queue, QUIET, clock, pass_at_once)  # type: ignore[arg-type]
    make_handler(parts, recorded.telemetry)(event, lambda_context())
    assert len(stored(aws).told[Audience.CLINIC]) == 3
    assert stored(aws).totals.fields == 2


def test_an_older_field_that_arrives_late_does_not_replace_the_newer_answer(aws, handler):
    handler(store(aws, field_record(2, at=NOON)), lambda_context())
    handler(store(aws, field_record(1, at=NOON - timedelta(hours=1))), lambda_context())
    assert stored(aws).totals.fields == 2
    assert stored(aws).totals.uploaded_at == NOON


def test_fields_of_an_older_model_are_queued_as_the_events_that_s3_sends(aws, queue, handler):
    newer = field_record(1)
    model = replace(newer.result.answer.model, digest="6a" * 32)
    newer = record(
        replace(newer.result, answer=replace(newer.result.answer, model=model), answered_at=NOON + timedelta(hours=1))
    )
    handler(store(aws, field_record(1), field_record(2), newer), lambda_context())
    (body,) = bodies(aws, aws.queue.url)
    (created,) = read_body(body).created
    assert created.source == replace(field_record(2).result.source, size=None)
    assert stored(aws).status is ExaminationStatus.OPEN


@pytest.mark.parametrize("version", [UNVERSIONED, "v1"])
@pytest.mark.parametrize("sequencer", ["", "0A"])
def test_an_event_names_the_object_version_that_it_was_made_for(version: str, sequencer: str):
    source = ObjectVersion("smears", "uploads/c/p/e/u.jpg", version, sequencer)
    (created,) = read_body(make_event(source, NOON)).created
    assert (created.source, created.created_at) == (source, NOON)


def test_with_too_little_time_an_examination_is_left_to_the_next_invocation(aws, handler):
    event = store(aws, field_record(1))
    answer = handler(event, lambda_context(5_000))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_an_examination_of_an_erased_patient_is_not_stored(aws: Services, handler: Handler):
    event = store(aws, record())
    Tombstones(aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(patient_of(record_examination(event)), NOON)
    assert handler(event, lambda_context()) == {"batchItemFailures": []}
    assert list(aws.examinations.all()) == []


def record_examination(event: dict[str, Any]) -> ExaminationId:
    return ExaminationId(*event["Records"][0]["dynamodb"]["Keys"]["upload"]["S"].split("/"))
