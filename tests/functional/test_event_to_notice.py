"""From S3's event to the notices, with our handlers and moto's services."""

import base64
import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from blastlens.cloud.notifications.clinic_readers import ClinicReaders
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.notifications.subscriptions import Subscriptions
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.domain.notification_plan import PatientRelease, PatientSettings
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ObjectVersion
from blastlens.functions import api, classify, examine, notify, routes
from blastlens.functions.classification import ClassificationDependencies
from blastlens.functions.patient_notifications import PatientNotifier
from blastlens.functions.telemetry import Telemetry, make_telemetry
from tests.answers import BUCKET, PAGE, FakeReader, lambda_context, pass_at_once
from tests.aws import EXAMINATIONS_TABLE, MOST_RECEIVES, TABLE, Services, services, shared_streams_client
from tests.examinations import CALLER


def now() -> datetime:
    return datetime.now(UTC)


def telemetry() -> Telemetry:
    return make_telemetry(f"test-{uuid.uuid4()}", io.StringIO())


class Way:
    """The handlers, and the services between them."""

    def __init__(self, aws: Services, settings: PatientSettings):
        self.aws = aws
        self.reader = FakeReader()
        parts = ClassificationDependencies(aws.images, aws.results, aws.contents, self.reader, now, sleep=pass_at_once)
        self._classify = classify.make_handler(parts, aws.queue, MOST_RECEIVES, telemetry())
        settle = SettleQueue(aws.sqs, aws.sqs.create_queue(QueueName="settle")["QueueUrl"], aws.queue.url)
        quiet = timedelta(seconds=180)
        examining = examine.ExamineDependencies(
            aws.results, aws.examinations, aws.reviews, settle, quiet, now, pass_at_once
        )
        self._examine = examine.make_handler(examining, telemetry())
        self.phone = aws.phone()
        self._notify = notify.make_handler(notify_dependencies(aws, settings), telemetry())
        parts_of_api = routes.ApiDependencies(aws.images, aws.results, aws.examinations, BUCKET, now, aws.trail)
        self._api = api.make_handler(parts_of_api, telemetry())

    def queue(self, *sources: ObjectVersion) -> list[str]:
        """Hand each object to classify in a message of its own; return the failed ones."""
        records = [{"messageId": str(number), "body": json.dumps(_s3(one))} for number, one in enumerate(sources)]
        answer = self._classify({"Records": [one | _SQS for one in records]}, lambda_context())
        return [item["itemIdentifier"] for item in answer["batchItemFailures"]]

    def stream(self) -> list[str]:
        """Hand the whole streams of fields and of examinations, from their starts, to examine and to notify.

        Return the failed ones.
        """
        failed = []
        for handle, table in ((self._examine, TABLE), (self._notify, EXAMINATIONS_TABLE)):
            if records := list(_stream_records(table)):
                failed += handle({"Records": records}, lambda_context())["batchItemFailures"]
        return [item["itemIdentifier"] for item in failed]

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        context: dict[str, Any] = {"http": {"method": method, "path": path}, "stage": "$default", "requestId": "r"}
        context["authorizer"] = {"iam": {"userArn": CALLER}}
        event = {"version": "2.0", "rawPath": path, "headers": {}, "requestContext": context, "body": json.dumps(body)}
        answer = self._api(event, lambda_context())
        return answer["statusCode"], json.loads(answer["body"])

    def sign(self, conclusion: str | None = None) -> int:
        """Have a clinician sign the examination of upload-1 after looking at it; return the status of the response."""
        place = "/clinics/clinic-7/patients/patient-41/examinations/upload-1"
        seen = self.request("GET", place)[1]
        kind = {"kind": "correct", "conclusion": conclusion} if conclusion else {"kind": "accept"}
        word = {**kind, "signed_by": "Dr. Vogel", "basis": seen["basis"]}
        return self.request("POST", f"{place}/sign", word | {"signatures": seen["signatures"]})[0]

    def told_clinic(self) -> list[Any]:
        return [json.loads(one[1]) for one in self.aws.published(self.aws.topics.first_arn)]

    def told_patients(self) -> list[Any]:
        return self.aws.pushed(self.phone.endpoint)


_SQS = {"eventSource": "aws:sqs", "receiptHandle": "r", "attributes": {}, "messageAttributes": {}}


def _s3(source: ObjectVersion) -> dict[str, Any]:
    thing = {
        "key": quote_plus(source.key, safe="/"),
        "versionId": source.version_id,
        "sequencer": source.sequencer,
        "size": source.size,
    }
    record = {"eventSource": "aws:s3", "eventVersion": "2.1", "eventName": "ObjectCreated:Put"}
    place = {"s3": {"bucket": {"name": source.bucket}, "object": thing}, "eventTime": "2026-11-22T12:00:00.000Z"}
    return {"Records": [record | place]}


def _stream_records(table: str) -> Iterator[dict[str, Any]]:
    streams = shared_streams_client()
    arn = streams.list_streams(TableName=table)["Streams"][0]["StreamArn"]
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in streams.get_records(ShardIterator=iterator)["Records"]:
            yield json.loads(json.dumps(record, default=_plain)) | {"eventSource": "aws:dynamodb"}


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()


def notify_dependencies(aws: Services, settings: PatientSettings) -> notify.NotifyDependencies:
    topics = ClinicTopics(aws.sns, aws.topics.first_arn, aws.sns.create_topic(Name="reports")["TopicArn"])
    patients = PatientNotifier(aws.examinations, aws.phones, aws.endpoints, topics, settings)
    reader = aws.sns.subscribe(TopicArn=topics.first_arn, Protocol="email", Endpoint="labor@see.example")
    readers = ClinicReaders(Subscriptions(aws.sns), reader["SubscriptionArn"])
    return notify.NotifyDependencies(
        aws.examinations, aws.clinics, readers, topics, patients, PAGE, Language.ENGLISH, now, pass_at_once
    )


@pytest.fixture
def way() -> Iterator[Way]:
    with services() as aws:
        yield Way(aws, PatientSettings(PatientRelease.AUTOMATIC))


@pytest.fixture
def careful_way() -> Iterator[Way]:
    """The same where patients wait until a clinician has signed."""
    with services() as aws:
        yield Way(aws, PatientSettings(PatientRelease.AFTER_SIGN_OFF))


def key(number: int) -> str:
    return f"uploads/clinic-7/patient-41/upload-{number}.jpg"


def test_clinic_and_patient_are_notified_of_an_uploaded_smear(way: Way):
    assert way.queue(way.aws.upload(key(1))) == []
    assert way.stream() == []
    (clinic,), (patient,) = way.told_clinic(), way.told_patients()
    assert "Class: Pre-B ALL" in clinic["email"]
    assert "Your clinic will explain it" in patient["default"]


def test_only_the_clinic_is_notified_of_an_unreadable_file(way: Way):
    assert way.queue(way.aws.upload(key(1), b"no image")) == []
    assert way.stream() == []
    assert "(corrupt)" in way.told_clinic()[0]["email"]
    assert way.told_patients() == []


def test_repeated_events_and_a_replayed_stream_notify_nobody_twice(way: Way):
    sources = [way.aws.upload(key(number), b"smear %d" % number) for number in range(3)]
    assert way.queue(*sources, *sources) == []
    assert way.queue(*reversed(sources)) == []
    for _ in range(3):
        assert way.stream() == []
    assert (len(way.told_clinic()), len(way.told_patients()), len(way.reader.read)) == (3, 3, 3)


def test_an_object_that_was_overwritten_is_answered_for_both_versions_the_newer_first(way: Way):
    older = way.aws.upload(key(1), b"no image")
    newer = way.aws.upload(key(1), b"smear")
    newer = ObjectVersion(newer.bucket, newer.key, newer.version_id, "0B", newer.size)
    assert way.queue(newer, older) == []
    readings = way.request("GET", "/clinics/clinic-7/patients/patient-41/uploads/upload-1")[1]["readings"]
    assert [reading["status"] for reading in readings] == ["CLASSIFIED", "REJECTED"]


def test_an_upload_started_by_the_api_is_found_classified_and_signed_there(way: Way):
    _, started = way.request("POST", "/clinics/clinic-7/patients/patient-41/uploads", {"extension": "png"})
    way.queue(way.aws.upload(started["key"]))
    way.stream()
    (waiting,) = way.request("GET", "/clinics/clinic-7/examinations")[1]["examinations"]
    place = f"/clinics/clinic-7/patients/patient-41/examinations/{started['upload_id']}/sign"
    word = {"kind": "correct", "conclusion": "early_pre_b", "signed_by": "Dr. Vogel", "basis": waiting["basis"]}
    assert way.request("POST", place, word | {"signatures": 0})[0] == 200
    assert way.request("POST", place, word | {"signatures": 0, "conclusion": "benign"})[0] == 409


def test_a_contradicting_signature_reaches_the_patient(way: Way):
    way.queue(way.aws.upload(key(1)))
    way.stream()
    assert way.sign("benign") == 200
    for _ in range(2):
        assert way.stream() == []
    first, second = way.told_patients()
    assert "replaces" not in first["default"] and "It replaces an earlier result." in second["default"]


def test_the_signature_of_a_clinician_who_sees_the_same_sends_no_further_notice(way: Way):
    way.queue(way.aws.upload(key(1)))
    way.stream()
    assert way.sign() == 200
    assert way.stream() == []
    assert (len(way.told_clinic()), len(way.told_patients())) == (1, 1)


def test_the_same_image_under_two_patients_tells_nobody_the_second_answer(way: Way):
    way.queue(way.aws.upload(key(1)), way.aws.upload("uploads/clinic-7/patient-42/upload-2.jpg"))
    for _ in range(2):
        assert way.stream() == []
    emails = [one["email"] for one in way.told_clinic()]
    assert ["Held:" in one for one in emails] == [False, True] and "Pre-B" not in emails[1]
    assert len(way.told_patients()) == 1


def test_after_the_sign_off_the_patient_is_notified_once(careful_way: Way):
    way = careful_way
    way.queue(way.aws.upload(key(1)))
    assert way.stream() == []
    assert (len(way.told_clinic()), len(way.told_patients())) == (1, 0)
    assert "as soon as you have signed" in way.told_clinic()[0]["email"]
    way.sign("benign")
    for _ in range(2):
        assert way.stream() == []
    (told,) = way.told_patients()
    assert "Your clinic will explain it" in told["default"] and "replaces" not in told["default"]
    assert len(way.told_clinic()) == 1
