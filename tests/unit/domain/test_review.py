from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastlens.domain.differential import Differential, count_cells
from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.examination_totals import newest_records, shown_records, total_fields
from blastlens.domain.examining import Step, examine, settle_again
from blastlens.domain.field import CellKind
from blastlens.domain.finding import Finding, Urgency
from blastlens.domain.labels import Label
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import Custody
from blastlens.domain.review import (
    NO_REVIEW,
    CellClass,
    Comment,
    Inclusion,
    Moves,
    Opinion,
    Question,
    Review,
    ReviewEvent,
    fold_events,
    is_excluded,
    next_time,
)
from blastlens.domain.reviewing import ReviewRefused, check_event
from blastlens.domain.signature import Check, Conclusion, SignatureKind
from blastlens.domain.signing import ChecksMissing, acceptable_conclusion, applicable_checks, refuse_unchecked
from blastlens.domain.text_catalogue import Language, load_catalogue
from blastlens.domain.worklist import urgency_of
from tests.answers import CONSTANTS, EXAMINATION, MODEL, NOON, field_record, field_summary, prediction, rejection
from tests.examinations import examination, examination_answer, signature, totals
from tests.reviews import AMSEL, exclusion, move, moves, review_event

QUIET = timedelta(seconds=180)
LATER = NOON + timedelta(hours=1)


def read(number: int, label: Label = Label.BENIGN, version: str = "v1", **changes) -> Record:
    answer = replace(prediction(label), field=replace(field_summary(), **changes))
    at = NOON if version == "v1" else NOON + timedelta(minutes=5)
    return field_record(number, answer, at, version)


def step(
    records: Sequence[Record], *events: ReviewEvent, stored: Examination | None = None, minutes: float = 60
) -> Step:
    excluded = fold_events(events).excluded
    return examine(EXAMINATION, records, stored, NOON + timedelta(minutes=minutes), QUIET, excluded=excluded)


def differential(records: Sequence[Record], *events: ReviewEvent) -> Differential:
    return count_cells(shown_records(records, MODEL.digest), fold_events(events))


# ---- events ---------------------------------------------------------------------------------------------------------


@given(order=st.permutations(range(6)))
def test_events_come_to_the_same_in_whatever_order_they_are_read(order: list[int]):
    field = read(1)
    asked = review_event(Question("Pre-B?"), NOON)
    events = [
        asked,
        review_event(exclusion(field), NOON + timedelta(minutes=1)),
        moves(move(field, kind=CellClass.PRO_B), minutes=2),
        moves(move(field, kind=CellClass.PRE_B), minutes=3),
        review_event(Comment("seen"), NOON + timedelta(minutes=4)),
        review_event(Opinion(asked.id, "yes"), NOON + timedelta(minutes=5), caller=AMSEL),
    ]
    assert fold_events([events[place] for place in order]) == fold_events(events)


def test_the_last_move_of_a_cell_stands_and_every_move_is_counted():
    field = read(1)
    review = fold_events([moves(move(field, kind=CellClass.PRO_B)), moves(move(field), minutes=1)])
    ((_, last),) = review.moves.values()
    assert (last.kind, review.moved) == (CellClass.PRE_B, 2)


def test_an_exclusion_that_was_taken_back_no_longer_stands():
    field = read(1)
    taken_back = review_event(Inclusion("field-0001"), LATER)
    assert is_excluded(field, fold_events([review_event(exclusion(field))]).excluded)
    assert fold_events([review_event(exclusion(field)), taken_back]).excluded == {}


def test_the_first_answer_to_a_question_is_its_answer():
    asked = review_event(Question("Pre-B?"))
    first, second = (
        review_event(Opinion(asked.id, text), NOON + timedelta(minutes=place))
        for place, text in enumerate(("yes", "no"))
    )
    assert fold_events([second, first, asked]).opinions[asked.id] == (first, first.content)


def test_an_event_is_later_than_every_stored_one_also_where_a_clock_is_behind():
    stored = [review_event(at=LATER)]
    assert next_time(stored, NOON) == LATER + timedelta(milliseconds=1)
    assert next_time([], NOON) == NOON


def test_a_request_that_is_sent_again_is_recognised_and_one_with_other_content_is_not():
    field = read(1)
    stored = review_event(exclusion(field), id="once")
    again = replace(stored, at=LATER, content=replace(exclusion(field), version=""))
    assert again.repeats(stored)
    assert not replace(again, content=exclusion(field, "blurred")).repeats(stored)
    assert not replace(again, caller=AMSEL).repeats(stored)
    moved = moves(move(field, was=CellKind.PRO_B))
    assert replace(moved, content=Moves((move(field),))).repeats(moved)


# ---- differential ---------------------------------------------------------------------------------------------------


def test_a_differential_counts_the_cells_of_the_fields_that_count_by_class():
    kinds = {CellKind.BENIGN: 20, CellKind.PRE_B: 3, CellKind.OTHER_WHITE: 1}
    fields = [read(1, kinds=kinds), read(2, kinds=kinds), read(3, kinds=kinds)]
    found = differential(fields, review_event(exclusion(fields[2])))
    assert (found.cells, found.blasts, found.moved) == (48, 6, 0)
    assert {kind: number for kind, number in found.by_kind.items() if number} == {
        CellClass.BENIGN: 40,
        CellClass.PRE_B: 6,
        CellClass.OTHER_WHITE: 2,
    }
    low, high = found.blast_interval
    assert found.blast_share == 6 / 48 and low < 6 / 48 < high


def test_the_differential_follows_a_move_and_its_return():
    field = read(1)
    there, back = moves(move(field)), moves(move(field, kind=CellClass.BENIGN), minutes=1)
    moved = differential([field], there)
    assert (moved.by_kind[CellClass.BENIGN], moved.by_kind[CellClass.PRE_B], moved.moved) == (21, 1, 1)
    assert differential([field], there, back) == differential([field])


def test_what_is_no_cell_does_not_count():
    field = read(1)
    found = differential([field], moves(move(field, kind=CellClass.NOT_A_CELL)))
    assert (found.cells, found.by_kind[CellClass.NOT_A_CELL]) == (23, 1)


def test_a_move_in_a_reading_that_was_replaced_changes_nothing():
    old, new = read(1), replace(read(1, version="v2"))
    assert differential([new], moves(move(old))) == differential([new])


def test_cells_of_records_from_before_kinds_were_counted_are_other_ones_and_can_be_moved():
    field = read(1, kinds={})
    found = differential([field], moves(move(field)))
    assert (found.by_kind[CellClass.OTHER_WHITE], found.by_kind[CellClass.PRE_B], found.cells) == (23, 1, 24)


def test_an_examination_without_cells_has_no_share_of_blasts():
    empty = differential([])
    assert (empty.cells, empty.blast_share, empty.blast_interval) == (0, None, (0.0, 1.0))


# ---- exclusions -----------------------------------------------------------------------------------------------------


def test_an_excluded_field_is_left_out_of_the_answer_and_counted_apart():
    fields = [read(1), read(2), read(3, Label.PRE_B)]
    both = step(fields).examination.totals
    without = step(fields, review_event(exclusion(fields[2]))).examination.totals
    assert (both.finding, without.finding) == (Finding.UNCERTAIN, Finding.UNCERTAIN)
    assert (without.fields_read, without.fields_excluded, without.fields) == (2, 1, 3)
    assert without.answer is not None and without.answer.white_cells == 48
    assert without.hides_leukemia and not both.hides_leukemia


def test_with_every_field_excluded_there_is_no_answer_and_the_examination_is_insufficient():
    fields = [read(1, Label.PRE_B), field_record(2, rejection(Reason.BLURRED))]
    found = step(fields, *(review_event(exclusion(one)) for one in fields)).examination
    assert (found.status, found.totals.answer) == (ExaminationStatus.INSUFFICIENT, None)
    assert (found.totals.fields_rejected, found.totals.model, found.totals.hides_leukemia) == ({}, MODEL, True)


def test_a_new_version_of_an_excluded_image_counts_because_nobody_saw_it():
    old, new = read(1), read(1, Label.PRE_B, version="v2")
    excluded = review_event(exclusion(old))
    assert step([old], excluded).examination.totals.fields_excluded == 1
    found = step([old, new], excluded).examination.totals
    assert (found.fields_excluded, found.fields_read) == (0, 1)
    assert newest_records([old, new]) == [new]


def test_a_basis_says_what_is_excluded_and_without_exclusions_it_is_what_it_was():
    fields = [read(1), read(2)]
    plain, first, second = (
        total_fields(fields, excluded=fold_events([review_event(exclusion(one)) for one in out]).excluded).totals.basis
        for out in ([], fields[:1], fields[1:])
    )
    assert len({plain, first, second}) == 3 and plain == total_fields(fields).totals.basis
    assert {one.partition("-")[0] for one in (first, second)} == {plain}


def test_an_exclusion_does_not_release_an_examination_that_is_held():
    shared = field_record(1, custody=Custody("aa", same_as="clinic-7/patient-9/smear-1", constants=CONSTANTS))
    assert step([shared, read(2)], review_event(exclusion(shared))).examination.is_held


def test_an_exclusion_leaves_a_settled_examination_settled_also_where_it_was_settled_early():
    fields = [read(1, Label.PRE_B), read(2)]
    early = replace(step(fields, minutes=1).examination, status=ExaminationStatus.READY)  # as a release settles it
    computed = step(fields, review_event(exclusion(fields[0])), stored=early, minutes=1).examination
    assert computed.status is ExaminationStatus.OPEN
    assert settle_again(early, computed).status is ExaminationStatus.READY


def test_an_exclusion_after_a_retraction_is_no_late_field():
    fields = [read(1), read(2)]
    retracted = signature(SignatureKind.RETRACT, basis=total_fields(fields).totals.basis)
    stored = replace(step(fields).examination, status=ExaminationStatus.RETRACTED, history=(signature(), retracted))
    after = step(fields, review_event(exclusion(fields[0])), stored=stored).examination
    assert (after.status, after.has_late_fields) == (ExaminationStatus.RETRACTED, False)
    assert step([*fields, read(3)], stored=stored).examination.has_late_fields


@pytest.mark.parametrize("others", [(), (Label.BENIGN,)])
def test_an_exclusion_never_leaves_benign_alone_where_the_excluded_field_shows_leukemia_or_leaves_it_open(others):
    fields = [read(1), read(2), read(3, Label.PRE_B)]
    shown = replace(prediction(Label.PRE_B, others), field=field_summary())
    fields[2] = field_record(3, shown)
    totals_now = step(fields, review_event(exclusion(fields[2]))).examination.totals
    answer = totals_now.answer
    assert answer is not None and totals_now.hides_leukemia
    assert (answer.prediction_set, answer.label) == ((Label.BENIGN, Label.PRE_B), Label.BENIGN)
    assert answer.probabilities[Label.PRE_B] >= CONSTANTS.floor - 1e-9
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert acceptable_conclusion(examination(counted=totals_now)) is None, "a person has to conclude benign"


def test_with_all_fields_excluded_a_smear_that_showed_leukemia_is_as_urgent_as_before():
    fields = [read(1, Label.PRE_B)]
    found = step(fields, review_event(exclusion(fields[0]))).examination
    assert urgency_of(found) is Urgency.HIGH


def test_the_clinic_hears_of_an_exclusion_that_changes_the_finding_and_of_no_other():
    fields = [read(1), read(2), read(3, Label.PRE_B)]
    known = replace(step(fields).examination, told={Audience.CLINIC: (Told(Meaning.UNCERTAIN, NOON, "b"),)})
    same = step(fields, review_event(exclusion(fields[2])), stored=known).examination
    other = step(fields, *(review_event(exclusion(one)) for one in fields[:2]), stored=known).examination
    owed = [one.owes(Audience.CLINIC, PatientRelease.AFTER_SIGN_OFF) for one in (same, other)]
    assert owed == [None, Meaning.LEUKEMIA]


# ---- rules ----------------------------------------------------------------------------------------------------------


def test_what_a_signature_rests_on_is_not_changed_under_it_but_people_may_go_on_talking():
    field, signed = read(1), examination(ExaminationStatus.SIGNED, signature())
    for event in (moves(move(field)), review_event(exclusion(field)), review_event(Inclusion("field-0001"))):
        with pytest.raises(ReviewRefused, match=r"signed as Pre-B ALL by Dr\. Vogel.*retract the signature first"):
            check_event(signed, NO_REVIEW, event)
    for event in (review_event(), review_event(Question("Pre-B?"))):
        check_event(signed, NO_REVIEW, event)
    retracted = examination(ExaminationStatus.RETRACTED, signature(), signature(SignatureKind.RETRACT))
    check_event(retracted, NO_REVIEW, review_event(exclusion(field)))


def test_a_field_is_excluded_once_and_taken_back_once():
    field = read(1)
    stood = fold_events([review_event(exclusion(field))])
    with pytest.raises(ReviewRefused, match=r"excluded by Dr\. Vogel on 22 November 2026, 12:00 UTC already"):
        check_event(examination(), stood, review_event(exclusion(field, "blurred")))
    with pytest.raises(ReviewRefused, match="nothing to take back"):
        check_event(examination(), NO_REVIEW, review_event(Inclusion("field-0001")))


def test_a_question_is_answered_once_by_somebody_else():
    asked = review_event(Question("Pre-B?"))
    answer = review_event(Opinion(asked.id, "yes", Conclusion.PRE_B), LATER, caller=AMSEL, by="Dr. Amsel")
    review = fold_events([asked])
    check_event(examination(), review, answer)
    for refused, known, why in (
        (answer, NO_REVIEW, "no such question"),
        (replace(answer, caller=asked.caller), review, "another signer has to answer"),
        (replace(answer, id="second"), fold_events([asked, answer]), "answered by Dr. Amsel"),
    ):
        with pytest.raises(ReviewRefused, match=why):
            check_event(examination(), known, refused)


def test_a_refusal_is_a_sentence_in_the_language_of_its_reader():
    with pytest.raises(ReviewRefused) as refused:
        check_event(examination(ExaminationStatus.SIGNED, signature()), NO_REVIEW, moves(move(read(1))))
    german = refused.value.in_language(load_catalogue(Language.GERMAN))
    assert "von Dr. Vogel am 22. November 2026, 12:00 Uhr UTC als Prä-B-ALL unterschrieben" in german


@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({}, ()),
        ({"uncertain_cells": 3}, (Check.UNCERTAIN_CELLS_SEEN,)),
        ({"answer": None}, (Check.FEW_CELLS_CONSIDERED,)),
        ({"answer": examination_answer(missing_cells=60)}, (Check.FEW_CELLS_CONSIDERED,)),
        ({"answer": replace(examination_answer(), contradicts=True)}, (Check.CONTRADICTION_CONSIDERED,)),
        ({"hides_leukemia": True, "uncertain_cells": 1}, (Check.UNCERTAIN_CELLS_SEEN, Check.CONTRADICTION_CONSIDERED)),
    ],
)
def test_a_signer_confirms_what_applies(changes, checks):
    found = examination(counted=replace(totals(), **changes))
    assert applicable_checks(found) == checks
    refuse_unchecked(found, signature(checks=checks))
    refuse_unchecked(found, signature(SignatureKind.RETRACT))
    for missing in checks:
        with pytest.raises(ChecksMissing) as refused:
            refuse_unchecked(found, signature(checks=tuple(one for one in checks if one is not missing)))
        assert refused.value.missing == (missing,)
        assert load_catalogue(Language.ENGLISH).fill(f"checks.{missing}") in str(refused.value)


def test_uncertain_cells_are_those_of_the_fields_that_count_and_all_where_they_were_not_counted():
    fields = [read(1), read(2, uncertain_cells=None), read(3)]
    found = step(fields, review_event(exclusion(fields[2]))).examination.totals
    assert found.uncertain_cells == 3 + 24


def test_nothing_that_people_did_is_an_empty_review():
    assert fold_events([]) == NO_REVIEW == Review()
