"""Contract tests of examinations, contents and delayed messages."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.settle_queue import SettleQueue, read_reminder
from blastlens.cloud.tables.notice_requests import ASKED_AGAIN, request_notification
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.upload import ExaminationId, Upload
from tests.answers import NOON, record, rejection, result
from tests.aws import EXAMINATIONS_TABLE
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
    assert case.examinations.mark_told(examination.id, Audience.PATIENT, first)
    assert case.examinations.mark_told(examination.id, Audience.PATIENT, second, left_to_clinic=True)
    for mark in ("one#harmless#1", "two#harmless#1", "one#harmless#1"):
        assert case.examinations.mark_phone(examination.id, mark)
    stored = case.examinations.get(examination.id)
    assert stored is not None
    assert (stored.revision, stored.left_to_clinic) == (6, True)
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
    queue.remind(examination.id, timedelta())
    (message,) = case.receive()
    assert read_reminder(message["Body"]) == examination.id
    case.sqs.purge_queue(QueueUrl=case.queue_url)
