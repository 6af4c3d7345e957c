"""State that examinations take over from records from before them."""

from dataclasses import replace
from datetime import timedelta

from blastlens.domain.errors import Reason
from blastlens.domain.examination import ExaminationStatus, Meaning
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.examining import examine
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Custody
from blastlens.domain.signature import Conclusion, SignatureKind
from blastlens.domain.upload import ExaminationId
from tests.answers import MODEL, NOON, UPLOAD, prediction, record, rejection, result, sign_off

IDENTITY = UPLOAD.examination
LATER = NOON + timedelta(days=1)
QUIET = timedelta(seconds=180)
NEWER = ModelIdentity("fusion", "2.0.0", "8e" * 32)


def examined(*records: Record, identity: ExaminationId = IDENTITY):
    return examine(identity, records, None, LATER, QUIET).examination


def owed(examination):
    return [one for one in Audience if examination.owes(one, PatientRelease.AFTER_SIGN_OFF)]


def test_an_answer_from_before_stays_what_it_was_although_its_white_cells_were_not_counted():
    answer = prediction(Label.PRO_B, (Label.PRE_B,))
    totals = total_fields([record(result(answer))]).totals
    assert totals.answer is not None
    assert (totals.answer.label, totals.answer.prediction_set) == (Label.PRO_B, (Label.PRO_B, Label.PRE_B))
    assert totals.finding is Finding.LEUKEMIA


def test_an_answer_since_then_by_a_package_without_constants_needs_white_cells():
    since = replace(result(), custody=Custody("00"))
    assert total_fields([record(since)]).totals.finding is Finding.INSUFFICIENT


def test_what_the_clinic_was_told_is_taken_over_and_owed_to_nobody():
    one = examined(record(notified={Audience.CLINIC: NOON}))
    (told,) = one.told[Audience.CLINIC]
    assert (told.meaning, told.told_at, told.basis) == (Meaning.LEUKEMIA, NOON, one.totals.basis)
    assert one.status is ExaminationStatus.READY and owed(one) == []


def test_the_clinic_of_an_image_that_could_not_be_read_is_not_told_again():
    one = examined(record(result(rejection(Reason.BLURRED)), {Audience.CLINIC: NOON}))
    assert one.status is ExaminationStatus.INSUFFICIENT and owed(one) == []


def test_a_record_that_nobody_was_told_of_is_still_owed():
    assert owed(examined(record())) == [Audience.CLINIC]


def test_a_signature_is_taken_over_with_its_signer_caller_and_time():
    one = examined(record(notified=dict.fromkeys(Audience, NOON), signed_off=sign_off(Label.PRE_B)))
    (signature,) = one.history
    assert (signature.kind, signature.conclusion) == (SignatureKind.ACCEPT, Conclusion.PRE_B)
    assert (signature.signed_by, signature.signed_at) == (sign_off().signed_by, NOON)
    assert signature.caller == sign_off().caller and not one.has_late_fields
    assert one.status is ExaminationStatus.SIGNED and owed(one) == []


def test_a_signature_that_names_another_class_is_a_correction():
    (signature,) = examined(record(signed_off=sign_off(Label.BENIGN))).history
    assert (signature.kind, signature.conclusion) == (SignatureKind.CORRECT, Conclusion.BENIGN)


def test_a_patient_who_heard_another_finding_than_the_signed_one_is_owed_the_correction():
    heard = replace(
        record(notified=dict.fromkeys(Audience, NOON), signed_off=sign_off(Label.PRE_B)),
        reported_finding=Finding.HARMLESS,
    )
    one = examined(heard)
    assert one.told[Audience.PATIENT][0].meaning is Meaning.HARMLESS
    assert owed(one) == [Audience.PATIENT]
    assert owed(examined(replace(heard, left_to_clinic=True))) == []


def test_signatures_of_two_versions_are_a_signature_and_an_amendment():
    first = record(result(version="v1", sequencer="0A"), signed_off=sign_off(Label.PRE_B))
    second = record(
        result(version="v2", sequencer="0B", uploaded_at=NOON + timedelta(hours=1)),
        signed_off=replace(sign_off(Label.BENIGN), signed_at=NOON + timedelta(hours=2)),
    )
    one = examined(second, first)
    assert [signature.kind for signature in one.history] == [SignatureKind.ACCEPT, SignatureKind.AMEND]
    assert one.history[-1].conclusion is Conclusion.BENIGN and one.history[-1].reason
    assert one.status is ExaminationStatus.AMENDED and not one.has_late_fields


def test_a_version_that_came_after_the_signature_is_a_late_field():
    signed = record(result(version="v1", sequencer="0A"), dict.fromkeys(Audience, NOON), sign_off())
    late = record(result(version="v2", sequencer="0B", uploaded_at=NOON + timedelta(hours=1)))
    one = examined(signed, late)
    assert one.status is ExaminationStatus.SIGNED and one.has_late_fields
    assert owed(one) == [Audience.CLINIC]


def test_an_answer_of_a_newer_model_to_a_signed_image_is_no_late_field():
    signed = record(notified=dict.fromkeys(Audience, NOON), signed_off=sign_off())
    again = record(replace(result(prediction(model=NEWER)), answered_at=NOON + timedelta(days=9)))
    one = examined(signed, again)
    assert one.totals.model == MODEL and not one.has_late_fields and owed(one) == []
    after = examine(IDENTITY, [signed, again], one, LATER, QUIET).examination
    assert after.totals == one.totals and owed(after) == []


def test_what_changes_after_the_migration_is_news():
    stored = replace(examined(record()), migrated=True)
    assert owed(stored) == []
    same = examine(IDENTITY, [record()], stored, LATER, QUIET)
    assert same.examination.migrated and not same.is_changed
    another = record(result(prediction(Label.BENIGN), version="v2", sequencer="0B", uploaded_at=LATER))
    changed = examine(IDENTITY, [record(), another], stored, LATER + timedelta(hours=1), QUIET).examination
    assert not changed.migrated and owed(changed) == [Audience.CLINIC]


def test_phones_that_got_a_message_are_taken_over():
    assert examined(replace(record(), pushed=frozenset({"d-1"}))).pushed == {"d-1"}
