"""Contract tests of examinations, contents and delayed messages."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.subscriptions import Subscriptions, SubscriptionState
from blastlens.cloud.object_versions import ObjectVersions
from blastlens.cloud.operations.erasure import Erasure
from blastlens.cloud.settle_queue import Reminder, SettleQueue, read_reminder
from blastlens.cloud.tables.field_partitions import examinations_with_fields, has_field
from blastlens.cloud.tables.notice_requests import ASKED_AGAIN, request_notification
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.patient_items import FORGOTTEN, PatientItems
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.patient import PatientId
from blastlens.domain.record import Audience
from blastlens.domain.result import Custody, ResultId
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.upload import ExaminationId, Upload
from tests.answers import BUCKET, NOON, record, rejection, result
from tests.aws import CONTENTS_TABLE, EXAMINATIONS_TABLE, PATIENT_ACCESS_TABLE, REVIEWS_TABLE, TABLE
from tests.contract.case import Case

NUMBERS = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]


@pytest.fixture
def examination() -> Examination:
    """An examination of a clinic of its own, whose only field was rejected."""
    identity = ExaminationId(f"clinic-{uuid.uuid4().hex[:8]}", "patient-41", uuid.uuid4().hex)
    field = Upload(identity.clinic_id, identity.patient_id, "field-1", "jpg", identity.examination_id)
    totals = total_fields([record(result(rejection(), field))]).totals
    return Examination(identity, 1, ExaminationStatus.OPEN, totals)


def test_an_examination_is_stored_only_over_the_revision_that_was_read(case: Case, examination: Examination):
    second = replace(examination, revision=2, status=ExaminationStatus.INSUFFICIENT)
    stored = [case.examinations.put(examination, None) for _ in range(2)]
    assert stored == [True, False]
    assert [case.examinations.put(second, expected) for expected in (None, 7, 1, 1)] == [False, False, True, False]
    assert case.examinations.get(examination.id) == second
    assert case.examinations.get(replace(examination.id, examination_id="nowhere")) is None


def test_notices_are_added_in_order_phones_once_and_each_write_raises_the_revision(
    case: Case, examination: Examination
):
    first, second = (
        Told(Meaning.HARMLESS, NOON, "basis", NOON),
        Told(Meaning.LEUKEMIA, NOON + timedelta(hours=1), "basis"),
    )
    case.examinations.put(examination, None)
    for _ in range(2):  # the response to the first time was lost
        assert case.examinations.mark_told(examination.id, Audience.PATIENT, first)
    assert case.examinations.mark_told(examination.id, Audience.PATIENT, second, left_to_clinic=True)
    for mark in ("one#harmless#1", "two#harmless#1", "one#harmless#1"):
        assert case.examinations.mark_phone(examination.id, mark)
    stored = case.examinations.get(examination.id)
    assert stored is not None
    assert (stored.revision, stored.left_to_clinic) == (7, True)
    assert stored.told == {Audience.PATIENT: (first, second)}
    assert stored.pushed == {"one#harmless#1", "two#harmless#1"}
    assert not case.examinations.put(replace(examination, revision=2), 1)


def test_nothing_is_marked_of_an_examination_that_is_not_there(case: Case, examination: Examination):
    told = Told(Meaning.HARMLESS, NOON, "basis")
    assert not case.examinations.mark_told(examination.id, Audience.CLINIC, told)
    assert not case.examinations.mark_phone(examination.id, "one")
    assert not case.examinations.leave_to_clinic(examination.id)
    assert case.examinations.get(examination.id) is None


def test_a_patients_examinations_are_found_and_a_clinics_with_unsigned_ones_first(case: Case, examination: Examination):
    accepted = Signature(SignatureKind.ACCEPT, Conclusion.PRE_B, "Dr. Vogel", "arn:vogel", NOON)
    signed = replace(examination, status=ExaminationStatus.SIGNED, history=(accepted,))
    other = replace(examination, id=replace(examination.id, patient_id="patient-4", examination_id="z"))
    for one in (signed, other):
        case.examinations.put(one, None)
    clinic = examination.id.clinic_id
    assert case.examinations.of_patient(clinic, "patient-41") == [signed]
    assert {one.id for one in case.examinations.all()} >= {signed.id, other.id}
    first = case.examinations.worklist(clinic, 1)
    assert first.examinations == (other,) and first.next is not None
    second = case.examinations.worklist(clinic, 2, first.next)
    assert (second.examinations, second.next) == ((signed,), None)


def test_the_stream_of_examinations_shows_each_state(case: Case, examination: Examination):
    case.examinations.put(examination, None)
    case.examinations.leave_to_clinic(examination.id)
    changes = [one["dynamodb"] for one in case.changes(EXAMINATIONS_TABLE)]
    ours = [one for one in changes if one["Keys"]["examination"]["S"] == examination.id.examination_id]
    assert [one["NewImage"]["revision"] for one in ours] == [{"N": "1"}, {"N": "2"}]
    assert set(ours[0]["Keys"]) == {"patient", "examination"}


def test_an_examination_that_is_asked_for_again_shows_in_the_stream(case: Case, examination: Examination):
    assert not request_notification(case.dynamodb, EXAMINATIONS_TABLE, examination.id, NOON)
    case.examinations.put(examination, None)
    assert request_notification(case.dynamodb, EXAMINATIONS_TABLE, examination.id, NOON)
    changes = [one["dynamodb"] for one in case.changes(EXAMINATIONS_TABLE)]
    ours = [one for one in changes if one["Keys"]["examination"]["S"] == examination.id.examination_id]
    assert [ASKED_AGAIN in one["NewImage"] for one in ours] == [False, True]


def test_the_first_patient_keeps_an_images_content_until_it_is_forgotten(case: Case, examination: Examination):
    ours, other = examination.id, replace(examination.id, patient_id="patient-4")
    assert [case.contents.claim(one, "5f" * 32) for one in (ours, other, ours)] == [ours, ours, ours]
    assert case.contents.first(ours.clinic_id, "5f" * 32) == ours
    assert case.contents.first("another-clinic", "5f" * 32) is None
    forgotten = [case.contents.forget(ours.clinic_id, patient, "5f" * 32) for patient in ("patient-4", "patient-41")]
    assert forgotten == [False, True]
    assert not case.contents.forget(ours.clinic_id, "patient-41", "5f" * 32)
    assert case.contents.claim(other, "5f" * 32) == other


def test_a_reminder_is_hidden_for_its_delay(case: Case, examination: Examination):
    queue = SettleQueue(case.sqs, case.queue_url, case.queue_url)
    queue.remind(examination.id, timedelta(seconds=600.2))
    assert case.receive() == []
    counts = case.sqs.get_queue_attributes(QueueUrl=case.queue_url, AttributeNames=NUMBERS)["Attributes"]
    assert [counts[name] for name in NUMBERS] == ["0", "0", "1"]
    queue.remind(examination.id, timedelta(), NOON)
    (message,) = case.receive()
    assert read_reminder(message["Body"]) == Reminder(examination.id, NOON)
    case.sqs.purge_queue(QueueUrl=case.queue_url)


def test_everything_of_a_patient_is_found_and_erased_and_nothing_of_others(case: Case, examination: Examination):
    clinic, smear = examination.id.clinic_id, examination.id.examination_id
    ours, theirs = (Upload(clinic, patient, "field-1", "jpg", smear) for patient in ("patient-41", "patient-4"))
    erasure = Erasure(
        ObjectVersions(case.s3, BUCKET),
        PatientItems(case.dynamodb, TABLE, EXAMINATIONS_TABLE, CONTENTS_TABLE, REVIEWS_TABLE),
        Tombstones(case.dynamodb, EXAMINATIONS_TABLE, CONTENTS_TABLE),
        case.phones,
        Endpoints(case.sns),
        lambda: NOON,
        PatientAccessTable(case.dynamodb, PATIENT_ACCESS_TABLE),
    )
    for upload, same_as in ((ours, None), (theirs, str(ours.examination))):
        for _ in range(2):
            case.s3.put_object(Bucket=BUCKET, Key=upload.key, Body=b"smear")
        case.results.write(replace(result(upload=upload), custody=Custody("5f" * 32, same_as=same_as)))
        totals = replace(examination.totals, shared_with=() if same_as is None else (same_as,))
        case.examinations.put(replace(examination, id=upload.examination, totals=totals), None)
    case.contents.claim(ours.examination, "5f" * 32)
    patient = PatientId(clinic, "patient-41")
    holdings = erasure.survey(patient)
    assert [len(holdings.versions), len(holdings.fields), len(holdings.contents), len(holdings.copies)] == [2, 1, 1, 1]
    erasure.forbid(patient)
    erasure.erase(patient, holdings, lambda kind, number: None)
    assert erasure.survey(patient).is_empty
    assert case.examinations.is_erased(ours.examination) and not case.examinations.is_erased(theirs.examination)
    (kept,) = case.results.fields(theirs.examination)
    assert kept.result.custody is not None and kept.result.custody.same_as == f"{clinic}/{FORGOTTEN}/{FORGOTTEN}"
    other = case.examinations.get(theirs.examination)
    assert other is not None and other.totals.shared_with == (f"{clinic}/{FORGOTTEN}/{FORGOTTEN}",)


def test_the_examinations_with_fields_of_late_are_found_once(case: Case, examination: Examination):
    clinic, smear = examination.id.clinic_id, examination.id.examination_id
    for number, hours in ((1, 0), (2, 0), (3, 48)):
        upload = Upload(clinic, "patient-41", f"field-{number}", "jpg", smear if hours == 0 else f"{smear}-late")
        case.results.write(result(upload=upload, uploaded_at=NOON + timedelta(hours=hours)))
    late = replace(examination.id, examination_id=f"{smear}-late")
    found = [one for one in examinations_with_fields(case.dynamodb, TABLE) if one.clinic_id == clinic]
    since = NOON + timedelta(hours=1)
    newest = [one for one in examinations_with_fields(case.dynamodb, TABLE, since) if one.clinic_id == clinic]
    assert (sorted(found), newest) == ([examination.id, late], [late])
    assert has_field(case.dynamodb, TABLE, ResultId(str(late), "field-3#v1"))
    assert not has_field(case.dynamodb, TABLE, ResultId(str(late), "field-1#v1"))


def test_a_subscription_is_confirmed_or_missing(case: Case):
    subscriptions = Subscriptions(case.sns)
    made = case.sns.subscribe(TopicArn=case.topic_arn, Protocol="email", Endpoint="labor@see.example")
    assert subscriptions.state(made["SubscriptionArn"]) in (SubscriptionState.CONFIRMED, SubscriptionState.UNLOCKED)
    assert subscriptions.state(f"{made['SubscriptionArn']}-gone") is SubscriptionState.MISSING
