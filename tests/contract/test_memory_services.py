"""What our parts ask of S3, DynamoDB, SQS and SNS, held by moto and by the services in memory that stand in for it."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from blastlens.cloud.dead_letters import NOT_NOTED, DeadLetters
from blastlens.cloud.endpoints import Endpoints
from blastlens.cloud.images import ImageStore
from blastlens.cloud.notices import ClinicTopics
from blastlens.cloud.outbox import ASKED_AGAIN, ask_again, owed_records
from blastlens.cloud.phones import PhonesTable
from blastlens.cloud.results import ResultsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.clinic import Phone, Platform
from blastlens.domain.errors import Reason, ServiceFault, UploadRefused
from blastlens.domain.labels import Label
from blastlens.domain.notice import notice_for
from blastlens.domain.record import Audience
from blastlens.domain.result import ResultId
from blastlens.domain.upload import ObjectVersion, Upload
from tests.answers import BUCKET, NOON, PAGE, prediction, result, sign_off
from tests.answers import record as told_record
from tests.aws import CLINICS_TABLE, MOST_RECEIVES, REGION, TABLE, services
from tests.memory.objects import MemoryObjects
from tests.memory.queues import MemoryQueue, MemoryQueues
from tests.memory.table import MemoryTable
from tests.memory.topics import MemoryTopics

PHONES = (("one", "patient-4"), ("two", "patient-4"), ("three", "patient-41"))


@dataclass(frozen=True)
class Case:
    """One set of services, as boto3's clients."""

    s3: Any
    dynamodb: Any
    streams: Any
    sqs: Any
    queue_url: str
    dead_url: str
    sns: Any
    topic_arn: str
    phone_arn: str
    clinics: Any

    @property
    def results(self) -> ResultsTable:
        return ResultsTable(self.dynamodb, TABLE)

    @property
    def phones(self) -> PhonesTable:
        return PhonesTable(self.clinics, CLINICS_TABLE)

    @property
    def images(self) -> ImageStore:
        return ImageStore(self.s3)

    @property
    def queue(self) -> UploadQueue:
        return UploadQueue(self.sqs, self.queue_url, self.dead_url)

    @property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.sqs, self.dead_url, self.queue_url)

    def receive(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        )
        return list(answer.get("Messages", []))

    def changes(self) -> list[dict[str, Any]]:
        arn = "stream"
        if not isinstance(self.streams, MemoryTable):
            arn = self.streams.list_streams(TableName=TABLE)["Streams"][0]["StreamArn"]
        (shard,) = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        start = self.streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        return list(self.streams.get_records(ShardIterator=start["ShardIterator"], Limit=1000)["Records"])


@pytest.fixture(scope="module", params=["moto", "memory"])
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    if request.param == "memory":
        yield memory_case()
        return
    with services() as aws:
        # moto does not know the addresses that begin with an account's number.
        plain_address = Config(account_id_endpoint_mode="disabled")
        streams: Any = boto3.client("dynamodbstreams", region_name=REGION, config=plain_address)
        urls = aws.queue.url, aws.queue.dead_letter_url
        topic_arn, phone_arn = aws.topics.first_arn, aws.phone().endpoint
        yield Case(aws.s3, aws.dynamodb, streams, aws.sqs, *urls, aws.sns, topic_arn, phone_arn, aws.dynamodb)


def memory_case() -> Case:
    def clock() -> datetime:
        return datetime.now(UTC)

    table, clinics = MemoryTable(), MemoryTable("place", "entry")
    queues = {"uploads": MemoryQueue(dead_letters="dead", most_receives=MOST_RECEIVES), "dead": MemoryQueue(30)}
    return Case(
        MemoryObjects(clock),
        table,
        table,
        MemoryQueues(clock, queues),
        "uploads",
        "dead",
        MemoryTopics(),
        "arn:t",
        "arn:p",
        clinics,
    )


@pytest.fixture
def upload() -> Upload:
    return Upload("clinic-7", "patient-41", uuid.uuid4().hex, "jpg")


def refused(case: Case, source: ObjectVersion) -> Reason:
    with pytest.raises(UploadRefused) as caught:
        case.images.fetch(source, 1000)
    return caught.value.reason


def test_each_version_of_an_object_is_read_as_it_was_written(case: Case, upload: Upload):
    versions = [
        case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=data)["VersionId"] for data in (b"older", b"newer")
    ]
    read = [case.images.fetch(ObjectVersion(BUCKET, upload.key, one), 1000).data for one in (*versions, "null")]
    assert read == [b"older", b"newer", b"newer"]


def test_what_is_deleted_or_was_never_there_is_missing(case: Case, upload: Upload):
    version = case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=b"smear")["VersionId"]
    case.s3.delete_object(Bucket=BUCKET, Key=upload.key, VersionId=version)
    gone = ObjectVersion(BUCKET, upload.key, version)
    never = ObjectVersion(BUCKET, f"{upload.key}.never", "null")
    assert [refused(case, gone), refused(case, never)] == [Reason.OBJECT_MISSING] * 2


def test_the_size_of_an_object_is_told_before_it_is_read(case: Case, upload: Upload):
    version = case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=b"x" * 1001)["VersionId"]
    assert refused(case, ObjectVersion(BUCKET, upload.key, version)) is Reason.TOO_MANY_BYTES


def test_a_picture_is_kept(case: Case, upload: Upload):
    key = f"artifacts/{upload.upload_id}.png"
    case.images.put_artifact(BUCKET, key, b"png", "image/png")
    assert [one["Key"] for one in case.s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]] == [key]


def test_a_result_is_written_once_told_once_and_signed_once(case: Case, upload: Upload):
    stored = result(upload=upload)
    assert not case.results.exists(stored.id)
    assert [case.results.write(stored), case.results.write(result(prediction(Label.BENIGN), upload))] == [True, False]
    assert case.results.exists(stored.id)
    assert [case.results.mark_told(stored.id, Audience.CLINIC, NOON, 1.5) for _ in range(2)] == [True, False]
    assert [case.results.sign_off(stored.id, sign_off()) for _ in range(2)] == [True, False]
    record = case.results.get(stored.id)
    assert record is not None
    assert (record.result, record.told, record.signed_off) == (stored, {Audience.CLINIC: NOON}, sign_off())


def test_which_phones_were_reached_is_added_up(case: Case, upload: Upload):
    stored = result(upload=upload)
    case.results.write(stored)
    for phone in ("one", "two", "one"):
        case.results.mark_pushed(stored.id, phone)
    record = case.results.get(stored.id)
    assert record is not None
    assert record.pushed == {"one", "two"}


def test_the_phones_of_one_patient_are_found_and_forgotten(case: Case, upload: Upload):
    clinic = f"clinic-{upload.upload_id}"
    phones = [Phone(name, clinic, patient, Platform.GCM, f"arn:{name}") for name, patient in PHONES]
    for phone in phones:
        case.phones.put(phone)
    case.phones.put(replace(phones[0], endpoint="arn:rotated"))
    assert case.phones.of_patient(clinic, "patient-4") == [replace(phones[0], endpoint="arn:rotated"), phones[1]]
    case.phones.remove(phones[0])
    case.phones.remove(phones[0])
    assert case.phones.of_clinic(clinic) == phones[1:]


def test_a_topic_and_a_phone_take_what_is_for_them(case: Case):
    notice, phone = notice_for(Audience.CLINIC, told_record(), PAGE), case.phone_arn
    assert ClinicTopics(case.sns, case.topic_arn).publish(notice, case.topic_arn)
    pushed = notice_for(Audience.PATIENT, told_record(), PAGE)
    assert Endpoints(case.sns).publish(phone, pushed)


def test_a_phone_that_is_disabled_takes_nothing_until_it_is_enabled_again(case: Case):
    phone, pushed = case.phone_arn, notice_for(Audience.PATIENT, told_record(), PAGE)
    took = []
    for enabled in ("false", "true"):
        case.sns.set_endpoint_attributes(EndpointArn=phone, Attributes={"Enabled": enabled})
        took.append(Endpoints(case.sns).publish(phone, pushed))
    assert took == [False, True]


def test_what_is_not_there_can_be_neither_marked_nor_asked_for(case: Case):
    nowhere = ResultId("clinic-7/patient-41/nowhere", "v#d")
    assert not case.results.mark_told(nowhere, Audience.CLINIC, NOON, 1.5)
    assert not ask_again(case.dynamodb, TABLE, nowhere, NOON)
    assert case.results.get(nowhere) is None


def test_an_uploads_readings_and_a_clinics_worklist_are_found(case: Case, upload: Upload):
    clinic = f"clinic-{upload.upload_id[:8]}"
    ours = Upload(clinic, upload.patient_id, upload.upload_id, "jpg")
    for number in range(3):
        case.results.write(result(upload=ours, version=f"v{number}", uploaded_at=NOON + timedelta(minutes=number)))
    assert len(case.results.readings(ours)) == 3
    first = case.results.worklist(clinic, 2)
    assert first.next is not None
    second = case.results.worklist(clinic, 2, first.next)
    versions = [one.result.source.version_id for one in (*first.records, *second.records)]
    assert (versions, second.next) == (["v2", "v1", "v0"], None)


def test_who_is_still_owed_is_found_and_a_record_asked_for_shows_in_the_stream(case: Case, upload: Upload):
    stored = result(upload=upload)
    case.results.write(stored)
    assert stored.id in [one.id for one in owed_records(case.dynamodb, TABLE)]
    for audience in Audience:
        case.results.mark_told(stored.id, audience, NOON, 1.5)
    assert stored.id not in [one.id for one in owed_records(case.dynamodb, TABLE)]
    assert ask_again(case.dynamodb, TABLE, stored.id, NOON)
    ours = [one for one in case.changes() if one["dynamodb"]["Keys"]["upload"]["S"] == stored.id.upload]
    assert [one["eventName"] for one in ours] == ["INSERT", "MODIFY", "MODIFY", "MODIFY"]
    assert [ASKED_AGAIN in one["dynamodb"]["NewImage"] for one in ours] == [False, False, False, True]


def test_a_message_is_hidden_until_it_is_given_back_and_counted_each_time(case: Case):
    case.sqs.send_message(QueueUrl=case.queue_url, MessageBody="hello")
    (first,) = case.receive()
    assert case.receive() == []
    case.queue.hand_out_again([first["ReceiptHandle"]])
    (second,) = case.receive()
    assert (second["Body"], second["Attributes"]["ApproximateReceiveCount"]) == ("hello", "2")
    case.sqs.delete_message(QueueUrl=case.queue_url, ReceiptHandle=second["ReceiptHandle"])
    assert case.receive() == []


def test_a_queue_tells_how_much_waits_and_is_handed_out_and_is_emptied(case: Case):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def numbers() -> list[int]:
        found = case.sqs.get_queue_attributes(QueueUrl=case.queue_url, AttributeNames=names)["Attributes"]
        return [int(found[name]) for name in names]

    for body in ("one", "two", "three"):
        case.sqs.send_message(QueueUrl=case.queue_url, MessageBody=body)
    assert numbers() == [3, 0]
    case.sqs.receive_message(QueueUrl=case.queue_url, MaxNumberOfMessages=1)
    assert numbers() == [2, 1]
    case.sqs.purge_queue(QueueUrl=case.queue_url)
    assert (numbers(), case.receive()) == ([0, 0], [])


def test_what_was_handed_out_too_often_is_moved_and_has_no_cause(case: Case):
    case.sqs.send_message(QueueUrl=case.queue_url, MessageBody="again and again")
    for _ in range(MOST_RECEIVES):
        (message,) = case.receive()
        case.queue.hand_out_again([message["ReceiptHandle"]])
    assert case.receive() == []
    (letter,) = case.dead_letters.take()
    assert (letter.body, letter.cause) == ("again and again", NOT_NOTED)
    case.dead_letters.delete(letter)


def test_what_is_set_aside_has_its_cause_and_is_put_back_as_it_came(case: Case):
    body = json.dumps({"a": 1})
    case.queue.set_aside(body, "m1", "the message is not JSON")
    (letter,) = case.dead_letters.take()
    assert (letter.body, letter.cause, letter.first_id) == (body, "the message is not JSON", "m1")
    assert list(case.dead_letters.take()) == []
    case.dead_letters.let_go(letter)
    (letter,) = case.dead_letters.take()
    case.dead_letters.put_back(letter)
    assert list(case.dead_letters.take()) == []
    (message,) = case.receive()
    assert message["Body"] == body
    case.sqs.delete_message(QueueUrl=case.queue_url, ReceiptHandle=message["ReceiptHandle"])


def test_a_queue_that_is_not_there_is_a_fault_that_stays(case: Case):
    with pytest.raises(ServiceFault) as caught:
        UploadQueue(case.sqs, case.queue_url, case.dead_url + "-gone").set_aside("body", "m1", "cause")
    assert not caught.value.can_retry
