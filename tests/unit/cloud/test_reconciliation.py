"""Reconciliation of images, field records, examinations and notices, in moto."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blastlens.cloud.object_versions import ObjectVersions
from blastlens.cloud.operations.reconciliation import Reconciliation
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.cloud.tables.notice_requests import ASKED_AGAIN
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.discrepancy import REPAIR_PERIOD, Discrepancy, Kind
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examining import MAX_REQUEUES, examine
from blastlens.domain.labels import Label
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.patient import PatientId
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.record import Audience
from blastlens.domain.upload import ObjectVersion, Upload
from blastlens.functions.s3_events import read_body
from tests.answers import BUCKET, NOON, prediction, result, unreadable_result
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, TABLE, Services

QUIET = timedelta(seconds=180)
UPLOAD = Upload("clinic-7", "patient-41", "upload-1", "jpg", "e-1")
IDENTITY = UPLOAD.examination
NEWER = ModelIdentity("fusion", "2.0.0", "8e" * 32)


class Time:
    """The time of the reconciliation: two hours after the images were stored, unless a test sets another."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(hours=2)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def reconciliation(aws: Services, clock: Time) -> Reconciliation:
    return Reconciliation(
        objects=ObjectVersions(aws.s3, BUCKET),
        results=aws.results,
        examinations=aws.examinations,
        reviews=aws.reviews,
        queue=SettleQueue(aws.sqs, aws.sqs.create_queue(QueueName="settle")["QueueUrl"], aws.queue.url),
        quiet=QUIET,
        release=PatientRelease.AFTER_SIGN_OFF,
        clock=clock,
    )


def answer(aws: Services, source: ObjectVersion, upload: Upload = UPLOAD, **given: Any) -> None:
    """Store the field record of an image, as classify does."""
    stored = result(upload=upload, version=source.version_id, uploaded_at=datetime.now(UTC), **given)
    aws.results.write(stored)


def computed(aws: Services, clock: Time) -> Examination:
    """Store the examination of the fields, as examine does; return it."""
    stored = aws.examinations.get(IDENTITY)
    step = examine(IDENTITY, aws.results.fields(IDENTITY), stored, clock.now, QUIET)
    assert aws.examinations.put(step.examination, None if stored is None else stored.revision)
    return step.examination


def told_clinic(aws: Services, one: Examination) -> None:
    aws.examinations.mark_told(IDENTITY, Audience.CLINIC, Told(Meaning.LEUKEMIA, datetime.now(UTC), one.totals.basis))


def compare(reconciliation: Reconciliation, since: datetime | None = None) -> list[Discrepancy]:
    return list(reconciliation.compare(since, lambda _: None))


def kinds(reconciliation: Reconciliation, since: datetime | None = None) -> list[Kind]:
    return [one.kind for one in compare(reconciliation, since)]


def waiting(aws: Services, url: str) -> list[str]:
    found = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return sorted(one["Body"] for one in found)


def complete(aws: Services, clock: Time) -> None:
    """An image with record, examination and notice."""
    answer(aws, aws.upload(UPLOAD.key))
    told_clinic(aws, computed(aws, clock))


def test_where_everything_agrees_nothing_is_found(aws: Services, reconciliation, clock):
    complete(aws, clock)
    aws.upload("uploads/clinic-7/", b"")
    assert compare(reconciliation) == []


def test_an_image_without_a_record_is_queued_as_the_version_that_lies_there(aws: Services, reconciliation):
    source = aws.upload(UPLOAD.key)
    (found,) = compare(reconciliation)
    assert (found.kind, found.examination, found.detail) == (Kind.UNREAD, IDENTITY, "upload upload-1")
    assert reconciliation.repair(found)
    (body,) = waiting(aws, aws.queue.url)
    (created,) = read_body(body).created
    assert (created.source.key, created.source.version_id) == (UPLOAD.key, source.version_id)


def test_an_image_that_was_replaced_or_deleted_needs_no_record(aws: Services, reconciliation, clock):
    aws.upload(UPLOAD.key)
    answer(aws, aws.upload(UPLOAD.key))
    told_clinic(aws, computed(aws, clock))
    gone = aws.upload("uploads/clinic-7/patient-41/e-1/upload-2.jpg")
    aws.s3.delete_object(Bucket=BUCKET, Key=gone.key)
    assert compare(reconciliation) == []


def test_a_new_version_of_an_answered_image_is_unread(aws: Services, reconciliation, clock):
    complete(aws, clock)
    aws.upload(UPLOAD.key, b"smear again")
    assert kinds(reconciliation) == [Kind.UNREAD]


def test_a_record_of_another_field_does_not_count_for_an_image(aws: Services, reconciliation, clock):
    complete(aws, clock)
    aws.upload("uploads/clinic-7/patient-41/e-1/upload-10.jpg")
    assert kinds(reconciliation) == [Kind.UNREAD]


def test_an_image_whose_name_breaks_the_contract_needs_a_record_too(aws: Services, reconciliation):
    source = aws.upload("uploads/clinic-7/Jane Doe/smear.jpg")
    (found,) = compare(reconciliation)
    assert (found.kind, found.examination, found.detail) == (Kind.UNREAD, None, "unreadable key")
    stored = unreadable_result(source.key)
    aws.results.write(replace(stored, source=replace(stored.source, version_id=source.version_id)))
    assert compare(reconciliation) == []


def test_what_is_younger_than_an_hour_may_be_under_way(aws: Services, reconciliation, clock):
    clock.now -= timedelta(hours=1, minutes=5)
    aws.upload("uploads/clinic-7/patient-41/e-1/upload-2.jpg")
    answer(aws, aws.upload(UPLOAD.key))
    assert compare(reconciliation) == []


def test_fields_without_an_examination_are_computed_again(aws: Services, reconciliation):
    answer(aws, aws.upload(UPLOAD.key))
    (found,) = compare(reconciliation)
    assert (found.kind, found.examination) == (Kind.UNEXAMINED, IDENTITY)
    assert reconciliation.repair(found)
    assert [json.loads(one) for one in waiting(aws, reconciliation.queue.url)] == [{"examination": str(IDENTITY)}]


def test_an_examination_that_lacks_a_field_is_computed_again(aws: Services, reconciliation, clock):
    complete(aws, clock)
    other = replace(UPLOAD, upload_id="upload-2")
    answer(aws, aws.upload(other.key), other)
    (found,) = compare(reconciliation)
    assert found.kind is Kind.DIFFERENT and reconciliation.repair(found)
    assert len(waiting(aws, reconciliation.queue.url)) == 1


@pytest.mark.parametrize(("days", "found"), [(364, [Kind.LOST]), (365, [])])
def test_an_examination_whose_fields_expire_is_not_computed_from_those_that_are_left(
    aws: Services, reconciliation, clock, days: int, found: list[Kind]
):
    fields = [replace(UPLOAD, upload_id=upload_id) for upload_id in ("a", "b")]
    stored = [replace(result(upload=one), expires_at=NOON + timedelta(days=365)) for one in fields]
    for one in stored:
        aws.results.write(one)
    told_clinic(aws, computed(aws, clock))
    key = {"upload": {"S": stored[0].id.upload}, "reading": {"S": stored[0].id.reading}}
    aws.dynamodb.delete_item(TableName=aws.results.name, Key=key)
    clock.now = NOON + timedelta(days=days)
    assert [one for one in kinds(reconciliation) if one is not Kind.OWED] == found


def test_a_record_that_disappeared_is_reported_and_its_examination_stays(aws: Services, reconciliation, clock):
    other = replace(UPLOAD, upload_id="upload-2")
    answer(aws, aws.upload(UPLOAD.key))
    answer(aws, aws.upload(other.key), other)
    told_clinic(aws, computed(aws, clock))
    gone = aws.results.fields(IDENTITY)[0].id
    aws.dynamodb.delete_item(TableName=TABLE, Key={"upload": {"S": gone.upload}, "reading": {"S": gone.reading}})
    found = {one.kind: one for one in compare(reconciliation)}
    assert set(found) - {Kind.OWED} == {Kind.UNREAD, Kind.LOST}
    assert not reconciliation.repair(found[Kind.LOST]) and waiting(aws, reconciliation.queue.url) == []
    reconciliation.records_expire = True
    assert Kind.LOST not in kinds(reconciliation)


def test_an_examination_that_never_settled_is_computed_again(aws: Services, reconciliation, clock):
    answer(aws, aws.upload(UPLOAD.key))
    stored = examine(IDENTITY, aws.results.fields(IDENTITY), None, datetime.now(UTC), QUIET).examination
    assert stored.status is ExaminationStatus.OPEN and aws.examinations.put(stored, None)
    assert kinds(reconciliation) == [Kind.UNSETTLED]


@pytest.mark.parametrize("requeues", [0, MAX_REQUEUES])
def test_fields_that_the_newest_model_never_read_are_queued_again(aws: Services, reconciliation, clock, requeues):
    other, first = replace(UPLOAD, upload_id="upload-2"), aws.upload(UPLOAD.key)
    answer(aws, first)
    answer(aws, aws.upload(other.key), other, answer=prediction(Label.PRE_B, model=NEWER))
    stuck = replace(computed(aws, clock), requeues=requeues, revision=2)
    assert stuck.totals.waiting_for_model == 1 and aws.examinations.put(stuck, 1)
    (found,) = compare(reconciliation)
    assert found.kind is Kind.STUCK and reconciliation.repair(found)
    (body,) = waiting(aws, aws.queue.url)
    assert read_body(body).created[0].source.version_id == first.version_id


def test_a_notice_that_is_owed_is_asked_for_and_what_was_told_is_not(aws: Services, reconciliation, clock):
    answer(aws, aws.upload(UPLOAD.key))
    one = computed(aws, clock)
    (found,) = compare(reconciliation)
    assert (found.kind, found.detail) == (Kind.OWED, "clinic")
    assert reconciliation.repair(found)
    (item,) = aws.dynamodb.scan(TableName=EXAMINATIONS_TABLE)["Items"]
    assert ASKED_AGAIN in item and item["revision"] == {"N": str(one.revision + 1)}
    told_clinic(aws, one)
    assert compare(reconciliation) == []


def test_a_migrated_examination_owes_nothing(aws: Services, reconciliation, clock):
    answer(aws, aws.upload(UPLOAD.key))
    stored = replace(computed(aws, clock), migrated=True, revision=2)
    assert aws.examinations.put(stored, 1)
    assert compare(reconciliation) == []


def test_an_image_of_an_erased_patient_needs_a_person(aws: Services, reconciliation, clock):
    aws.upload(UPLOAD.key)
    Tombstones(aws.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE).add(PatientId("clinic-7", "patient-41"), clock.now)
    (found,) = compare(reconciliation)
    assert found.kind is Kind.OF_ERASED and not reconciliation.repair(found)
    assert found.outlasted_repair(clock.now) and waiting(aws, aws.queue.url) == []


def test_only_what_was_stored_since_then_is_compared_but_every_owed_notice(aws: Services, reconciliation, clock):
    aws.upload("uploads/clinic-7/patient-41/e-2/upload-2.jpg")
    answer(aws, aws.upload(UPLOAD.key))
    assert kinds(reconciliation, clock.now) == []
    computed(aws, clock)
    assert kinds(reconciliation, clock.now) == [Kind.OWED]
    assert sorted(kinds(reconciliation, clock.now - timedelta(days=1))) == [Kind.OWED, Kind.UNREAD]


def test_a_repair_that_did_not_help_for_a_night_needs_a_person(aws: Services, reconciliation, clock):
    aws.upload(UPLOAD.key)
    (found,) = compare(reconciliation)
    assert not found.outlasted_repair(clock.now)
    assert found.outlasted_repair(clock.now + REPAIR_PERIOD)
