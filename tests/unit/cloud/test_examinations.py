from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.cloud.tables.examination_items import item_of
from blastlens.cloud.tables.examinations import ExaminationCursor
from blastlens.cloud.tables.results import InvalidCursor
from blastlens.domain.declared_edge_verdict import EdgeVerdict
from blastlens.domain.edge_comparison import NOTHING_COMPARED, EdgeTotals
from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Release, Told
from blastlens.domain.examining import examine
from blastlens.domain.labels import Label
from blastlens.domain.record import Audience, Record
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from blastlens.domain.upload import ExaminationId
from tests.answers import EXAMINATION, NOON, field_record, field_summary, prediction, rejection, verdict
from tests.aws import Services

QUIET = timedelta(seconds=180)
SIGNED = Signature(SignatureKind.CORRECT, Conclusion.OTHER_DISEASE, "Dr. Vogel", "arn:vogel", NOON, "looked twice", "b")
TOLD = Told(Meaning.UNCERTAIN, NOON, "basis", NOON)


def examination(name: str = "smear-3", label: Label = Label.PRE_B) -> Examination:
    identity = replace(EXAMINATION, examination_id=name)
    answer = replace(prediction(label), field=field_summary())
    records = [
        screened(field_record(1, answer=answer, examination=identity), verdict(Label.BENIGN)),
        field_record(2, rejection(Reason.BLURRED), examination=identity),
    ]
    return examine(identity, records, None, NOON + timedelta(hours=1), QUIET).examination


def screened(one: Record, edge: EdgeVerdict) -> Record:
    """A field with the verdict of the screening at the microscope."""
    return replace(one, result=replace(one.result, edge=edge))


def test_what_the_screening_comes_to_is_read_back_and_stored_only_where_there_was_one(aws: Services):
    stored, before = examination(), examination("smear-4")
    before = replace(before, totals=replace(before.totals, edge=NOTHING_COMPARED))
    assert "edge" in item_of(stored)["totals"] and "edge" not in item_of(before)["totals"]
    assert aws.examinations.put(stored, None) and aws.examinations.put(before, None)
    read = [aws.examinations.get(one.id) for one in (stored, before)]
    assert [one and one.totals.edge for one in read] == [EdgeTotals(1, 1, True), NOTHING_COMPARED]


def test_everything_of_an_examination_is_read_back(aws: Services):
    full = replace(
        examination(),
        history=(SIGNED, replace(SIGNED, kind=SignatureKind.RETRACT, conclusion=None)),
        told={
            Audience.CLINIC: (TOLD, replace(TOLD, meaning=Meaning.LEUKEMIA)),
            Audience.PATIENT: (replace(TOLD, taken_at=None),),
        },
        pushed=frozenset({"phone#uncertain#1"}),
        released=Release("Dr. Vogel", "arn:vogel", NOON, "basis"),
        left_to_clinic=True,
        requeues=2,
        migrated=True,
        status=ExaminationStatus.RETRACTED,
    )
    assert aws.examinations.put(full, None)
    assert aws.examinations.get(EXAMINATION) == full


def test_an_examination_is_stored_only_over_the_revision_that_was_read(aws: Services):
    first = examination()
    assert aws.examinations.put(first, None)
    assert not aws.examinations.put(first, None)
    second = replace(first, revision=2)
    assert aws.examinations.put(second, 1)
    assert not aws.examinations.put(replace(second, revision=3), 1)


@pytest.mark.parametrize("change", ["told", "phone", "left"])
def test_whoever_read_before_a_small_change_has_to_start_again(aws: Services, change: str):
    one = examination()
    aws.examinations.put(one, None)
    changes = {
        "told": lambda: aws.examinations.mark_told(one.id, Audience.PATIENT, TOLD, left_to_clinic=True),
        "phone": lambda: aws.examinations.mark_phone(one.id, "phone#uncertain#1"),
        "left": lambda: aws.examinations.leave_to_clinic(one.id),
    }
    assert changes[change]()
    assert not aws.examinations.put(replace(one, revision=2), 1)
    stored = aws.examinations.get(one.id)
    assert stored is not None
    assert stored.revision == 2


def test_notices_are_listed_in_the_order_in_which_they_were_sent(aws: Services):
    one = examination()
    aws.examinations.put(one, None)
    later = replace(TOLD, meaning=Meaning.LEUKEMIA)
    aws.examinations.mark_told(one.id, Audience.CLINIC, TOLD)
    aws.examinations.mark_told(one.id, Audience.CLINIC, later)
    stored = aws.examinations.get(one.id)
    assert stored is not None
    assert stored.told == {Audience.CLINIC: (TOLD, later)}


def test_nothing_is_noted_of_an_examination_that_is_not_there(aws: Services):
    assert not aws.examinations.mark_told(EXAMINATION, Audience.CLINIC, TOLD)
    assert not aws.examinations.mark_phone(EXAMINATION, "phone#uncertain#1")
    assert aws.examinations.get(EXAMINATION) is None


def test_a_patients_examinations_are_found_and_nobody_elses(aws: Services):
    for name in ("smear-3", "smear-4"):
        aws.examinations.put(examination(name), None)
    other = replace(examination(), id=ExaminationId("clinic-7", "patient-42", "smear-3"))
    aws.examinations.put(other, None)
    found = aws.examinations.of_patient("clinic-7", "patient-41")
    assert [one.id.examination_id for one in found] == ["smear-3", "smear-4"]
    assert len(list(aws.examinations.all())) == 3


def test_a_worklist_shows_unsigned_and_urgent_examinations_first(aws: Services):
    signed = replace(examination("signed"), history=(SIGNED,), status=ExaminationStatus.SIGNED)
    for one in (signed, examination("harmless", Label.BENIGN), examination("urgent", Label.PRO_B)):
        aws.examinations.put(one, None)
    first = aws.examinations.worklist("clinic-7", 2)
    second = aws.examinations.worklist("clinic-7", 2, first.next)
    names = [one.id.examination_id for one in (*first.examinations, *second.examinations)]
    assert names == ["urgent", "harmless", "signed"]


def test_a_cursor_of_another_clinic_is_refused(aws: Services):
    with pytest.raises(InvalidCursor):
        aws.examinations.worklist("clinic-7", 2, ExaminationCursor("clinic-8/patient-1", "smear-1", "12#"))


def test_the_first_of_two_patients_keeps_an_images_content(aws: Services):
    other = ExaminationId("clinic-7", "patient-42", "smear-1")
    assert aws.contents.claim(EXAMINATION, "ab") == EXAMINATION
    assert aws.contents.claim(EXAMINATION, "ab") == EXAMINATION
    assert aws.contents.claim(other, "ab") == EXAMINATION
    assert not aws.contents.forget("clinic-7", "patient-42", "ab")
    assert aws.contents.forget("clinic-7", "patient-41", "ab")
    assert aws.contents.claim(other, "ab") == other


def test_clinics_do_not_share_contents(aws: Services):
    elsewhere = ExaminationId("clinic-8", "patient-42", "smear-1")
    aws.contents.claim(EXAMINATION, "ab")
    assert aws.contents.claim(elsewhere, "ab") == elsewhere
