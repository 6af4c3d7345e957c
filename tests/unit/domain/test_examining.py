from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.cloud.tables.examination_items import rank_of
from blastlens.domain.declared_examination import DeclaredExamination
from blastlens.domain.edge_comparison import NOTHING_COMPARED
from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Release
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.examining import GRACE, MAX_REQUEUES, Step, examine
from blastlens.domain.field import Caution
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.record import Record
from blastlens.domain.result import Custody
from blastlens.domain.signature import Conclusion, Signature, SignatureKind
from tests.answers import (
    CONSTANTS,
    EXAMINATION,
    NOON,
    field_record,
    field_summary,
    prediction,
    record,
    rejection,
    result,
    verdict,
)

QUIET = timedelta(seconds=180)
B, M = Label.BENIGN, Label.MALIGNANT
NEWER = ModelIdentity("fusion", "2.0.0", "6a" * 32)
SIGNATURE = Signature(SignatureKind.CORRECT, Conclusion.PRO_B, "Dr. Vogel", "arn:vogel", NOON, basis="seen")


def step(
    *records: Record, stored: Examination | None = None, after: timedelta = timedelta(), reminder: bool = False
) -> Step:
    """What an examination becomes a time after the last of its records was answered."""
    last = max(one.result.answered_at for one in records)
    return examine(EXAMINATION, records, stored, last + after, QUIET, reminder)


def read(number: int, **changes) -> Record:
    return field_record(number, **changes)


def declared(number: int, fields: int | None = None, complete: bool = True) -> Record:
    custody = Custody(f"{number:064x}", DeclaredExamination(complete, fields), constants=CONSTANTS)
    return field_record(number, custody=custody)


def test_fields_that_still_may_be_followed_leave_an_examination_open_and_remind_of_it():
    one = step(read(1), after=timedelta(seconds=10))
    assert one.examination.status is ExaminationStatus.OPEN
    assert one.wait == QUIET - timedelta(seconds=10)


def test_after_the_quiet_time_an_examination_is_ready():
    opened = step(read(1)).examination
    one = step(read(1), stored=opened, after=QUIET)
    assert (one.examination.status, one.wait, one.is_changed) == (ExaminationStatus.READY, None, True)
    assert one.examination.revision == opened.revision + 1


def test_a_reminder_that_comes_early_asks_to_be_reminded_again():
    opened = step(read(1)).examination
    one = step(read(1), stored=opened, after=timedelta(seconds=100), reminder=True)
    assert (one.is_changed, one.wait) == (False, timedelta(seconds=80))


def test_all_declared_fields_make_an_examination_ready_at_once():
    assert step(read(1), declared(2, fields=2)).examination.status is ExaminationStatus.READY


def test_a_declared_field_that_is_missing_is_waited_for_through_the_quiet_time():
    fields = (read(1), declared(2, fields=3))
    assert step(*fields, after=QUIET - timedelta(seconds=1)).examination.status is ExaminationStatus.OPEN
    assert step(*fields, after=QUIET).examination.status is ExaminationStatus.READY


def test_a_mark_without_a_number_waits_for_fields_that_are_still_being_read():
    assert step(read(1), declared(2)).wait == GRACE
    assert step(read(1), declared(2), after=GRACE).examination.status is ExaminationStatus.READY


def test_the_first_field_marked_as_the_last_is_answered_and_reopened_by_the_next():
    ready = step(declared(1), after=GRACE).examination
    assert ready.status is ExaminationStatus.READY
    late = field_record(2, at=NOON + timedelta(minutes=1))
    assert step(declared(1), late, stored=ready).examination.status is ExaminationStatus.OPEN


def test_an_image_without_an_examination_in_its_key_is_complete_at_once():
    one = examine(EXAMINATION, [record(result(replace(prediction(), field=field_summary())))], None, NOON, QUIET)
    assert one.examination.totals.declared_fields == 1
    assert examine(EXAMINATION, [record(result())], None, NOON + QUIET, QUIET).examination.status in (
        ExaminationStatus.READY,
        ExaminationStatus.INSUFFICIENT,
    )


def test_rejected_fields_alone_are_insufficient_and_counted_by_reason():
    fields = [field_record(number, answer=rejection(Reason.BLURRED)) for number in (1, 2)]
    one = step(*fields, after=QUIET).examination
    assert one.status is ExaminationStatus.INSUFFICIENT
    assert one.totals.fields_rejected == {Reason.BLURRED: 2}
    assert one.totals.answer is None


def test_a_field_that_comes_a_year_late_reopens_a_ready_examination():
    ready = step(read(1), after=QUIET).examination
    late = field_record(2, at=NOON + timedelta(days=365))
    one = step(read(1), late, stored=ready)
    assert one.examination.status is ExaminationStatus.OPEN
    assert one.examination.totals.fields == 2


def test_a_field_after_the_signature_is_counted_and_the_signature_stands():
    ready = step(read(1), after=QUIET).examination
    signed = replace(ready, status=ExaminationStatus.SIGNED, history=(replace(SIGNATURE, basis=ready.totals.basis),))
    one = step(read(1), field_record(2, at=NOON + timedelta(days=1)), stored=signed, after=QUIET)
    assert one.examination.status is ExaminationStatus.SIGNED
    assert one.examination.has_late_fields
    assert one.examination.totals.fields == 2


def test_the_same_fields_in_any_order_and_number_of_events_change_nothing():
    fields = [read(number) for number in (1, 2, 3)]
    ready = step(*fields, after=QUIET).examination
    again = step(*reversed(fields), stored=ready, after=timedelta())
    assert not again.is_changed


@given(st.permutations(range(1, 6)), st.integers(1, 5))
def test_an_examination_is_what_its_fields_come_to_in_whatever_order_they_arrive(order: list[int], pause: int):
    stored: Examination | None = None
    for count in range(1, len(order) + 1):
        seen = [field_record(number, at=NOON + timedelta(seconds=number)) for number in order[:count]]
        stored = examine(EXAMINATION, seen, stored, NOON + timedelta(seconds=pause * count), QUIET).examination
    alone = examine(EXAMINATION, seen, None, NOON, QUIET).examination
    assert stored is not None
    assert stored.totals == alone.totals


def test_only_the_newest_version_of_an_upload_counts():
    first = field_record(1, answer=replace(prediction(Label.BENIGN), field=field_summary()))
    later = first.result.source.__class__(first.result.source.bucket, first.result.source.key, "v2", "0B")
    second = record(replace(field_record(1).result, source=later, uploaded_at=NOON + timedelta(hours=1)))
    one = step(first, second, after=QUIET).examination
    assert one.totals.fields == 1
    assert one.totals.answer is not None
    assert one.totals.answer.label is Label.PRE_B


def shared(number: int, *others: str) -> Record:
    custody = Custody(f"{number:064x}", same_as=others[0] if others else None, constants=CONSTANTS)
    return field_record(number, custody=custody)


def test_the_same_bytes_as_another_patients_hold_an_examination_until_a_person_releases_it():
    other = "clinic-7/patient-9/smear-1"
    held = step(shared(1, other), after=QUIET)
    assert (held.examination.status, held.examination.is_held, held.wait) == (ExaminationStatus.OPEN, True, None)
    release = Release("Dr. Vogel", "arn:vogel", NOON, held.examination.totals.basis, (other,))
    freed = step(shared(1, other), stored=replace(held.examination, released=release), after=QUIET)
    assert freed.examination.status is ExaminationStatus.READY


def test_the_bytes_of_one_more_patient_hold_a_released_examination_again():
    first, second = "clinic-7/patient-9/smear-1", "clinic-7/patient-8/smear-4"
    release = Release("Dr. Vogel", "arn:vogel", NOON, "basis", (first,))
    freed = replace(step(shared(1, first), after=QUIET).examination, released=release)
    assert not freed.is_held
    again = step(shared(1, first), shared(2, second), stored=freed, after=QUIET).examination
    assert (again.is_held, again.status) == (True, ExaminationStatus.OPEN)


def with_newer_model(number: int) -> Record:
    """The record of the newer model's answer, an hour later."""
    answer = replace(prediction(model=NEWER), field=field_summary())
    stored = replace(field_record(number, answer=answer).result, answered_at=NOON + timedelta(hours=1))
    return record(stored)


def test_a_newer_model_lets_the_other_fields_be_read_again_and_stays_open_until_they_are():
    ready = step(read(1), read(2), after=QUIET).examination
    one = step(read(1), read(2), with_newer_model(1), stored=ready, after=QUIET)
    assert one.examination.status is ExaminationStatus.OPEN
    assert one.requeue == (read(2).result.source,)
    assert one.examination.totals.waiting_for_model == 1
    done = step(read(1), read(2), with_newer_model(1), with_newer_model(2), stored=one.examination, after=QUIET)
    assert done.examination.status is ExaminationStatus.READY
    assert done.examination.totals.model == NEWER
    assert done.examination.requeues == 0


def test_a_held_examination_goes_on_being_read_by_the_newer_model():
    held = Custody("ab" * 32, same_as="clinic-7/patient-9/smear-1", constants=CONSTANTS)
    fields = (field_record(1, custody=held), read(2), with_newer_model(2))
    stored = step(*fields).examination
    assert stored.is_held and stored.totals.waiting_for_model == 1
    one = step(*fields, stored=stored, after=QUIET, reminder=True)
    assert (one.requeue, one.wait) == ((fields[0].result.source,), QUIET)


def test_a_late_answer_of_the_older_model_does_not_bring_it_back():
    newest = step(with_newer_model(1), after=QUIET).examination
    late = field_record(2, at=NOON + timedelta(hours=2))
    one = step(read(1), with_newer_model(1), late, stored=newest)
    assert one.examination.totals.model == NEWER
    reminded = step(read(1), with_newer_model(1), late, stored=one.examination, after=QUIET, reminder=True)
    assert reminded.requeue == (late.result.source,)


def test_fields_are_queued_for_a_newer_model_a_few_times_and_then_left_open():
    stored = step(read(1), read(2), with_newer_model(1)).examination
    for _ in range(MAX_REQUEUES + 2):
        one = step(read(1), read(2), with_newer_model(1), stored=stored, after=QUIET, reminder=True)
        stored = one.examination
    assert (stored.requeues, one.requeue, one.wait) == (MAX_REQUEUES, (), None)
    assert stored.status is ExaminationStatus.OPEN


def test_a_signed_examination_is_never_read_again():
    ready = step(read(1), read(2), after=QUIET).examination
    signed = replace(ready, status=ExaminationStatus.SIGNED, history=(SIGNATURE,))
    one = step(read(1), read(2), with_newer_model(1), stored=signed, after=QUIET, reminder=True)
    assert one.requeue == ()
    assert one.examination.totals.model == read(1).result.answer.model
    assert one.examination.status is ExaminationStatus.SIGNED


def test_a_signed_examination_keeps_its_model_when_a_newer_one_reads_a_new_image_in_the_place_of_every_field():
    ready = step(read(1), after=QUIET).examination
    signed = replace(ready, status=ExaminationStatus.SIGNED, history=(replace(SIGNATURE, basis=ready.totals.basis),))
    newer = with_newer_model(1).result
    replaced = record(replace(newer, source=replace(newer.source, version_id="v2", sequencer="0B")))
    one = step(read(1), replaced, stored=signed).examination
    assert one.totals.model == ready.totals.model
    assert one.has_late_fields
    assert not step(read(1), replaced, stored=one).is_changed


EDGES = st.lists(st.sampled_from([None, (B,), (M,), (B, M), (M, B)]), min_size=3, max_size=3)


@given(EDGES, st.sets(st.integers(1, 3)))
def test_an_examination_is_the_same_with_and_without_verdicts_of_a_screening(edges, excluded: set[int]):
    plain = [read(1), read(2, answer=rejection()), read(3, answer=replace(prediction(B), field=field_summary()))]
    verdicts = [None if labels is None else verdict(*labels) for labels in edges]
    screened = [replace(one, result=replace(one.result, edge=edge)) for one, edge in zip(plain, verdicts, strict=True)]
    left_out = {f"field-{number:04}": f"field-{number:04}#v1" for number in excluded}
    for after in (timedelta(), QUIET):
        without, with_it = (
            examine(EXAMINATION, records, None, NOON + timedelta(seconds=3) + after, QUIET, excluded=left_out)
            for records in (plain, screened)
        )
        totals = replace(with_it.examination.totals, edge=NOTHING_COMPARED)
        assert replace(with_it, examination=replace(with_it.examination, totals=totals)) == without
        assert rank_of(with_it.examination) == rank_of(without.examination)
        counted = [one.result for number, one in enumerate(screened, 1) if number not in excluded]
        assert with_it.examination.totals.edge.compared == sum(one.edge_disagrees is not None for one in counted)


def test_an_examination_without_fields_is_refused():
    with pytest.raises(ValueError, match="at least one field"):
        examine(EXAMINATION, [], None, NOON, QUIET)


@pytest.mark.parametrize("hours", [-24, 24])
def test_a_microscopes_clock_that_is_off_by_a_day_changes_no_state(hours: int):
    stored = replace(field_record(1).result, taken_at=NOON + timedelta(hours=hours))
    assert step(record(stored), after=QUIET).examination.status is ExaminationStatus.READY


def test_cautions_are_counted_over_all_fields_read_and_rejected():
    cautious = replace(prediction(), field=field_summary(Caution.SCALES_DISAGREE, Caution.PART_READ))
    refused = replace(rejection(), field=field_summary(Caution.SCALES_DISAGREE))
    records = [field_record(1, cautious), field_record(2, refused), field_record(3)]
    assert total_fields(records).totals.cautions == {Caution.SCALES_DISAGREE: 2, Caution.PART_READ: 1}
