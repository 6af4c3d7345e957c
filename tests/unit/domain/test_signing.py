from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Release
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.record import Audience
from blastlens.domain.signature import FINDINGS, Conclusion, SignatureKind, conclusion_title
from blastlens.domain.signing import BasisChanged, SigningRefused, is_released_by, is_repeated, release, sign
from tests.answers import NOON
from tests.examinations import CALLER, OTHERS, examination, examination_answer, signature, totals

ACCEPT, CORRECT, AMEND, RETRACT = SignatureKind
OPEN, READY, INSUFFICIENT, SIGNED, AMENDED, RETRACTED = ExaminationStatus
HISTORIES = {
    OPEN: (),
    READY: (),
    INSUFFICIENT: (),
    SIGNED: (signature(),),
    AMENDED: (signature(), signature(AMEND)),
    RETRACTED: (signature(), signature(RETRACT)),
}
FOLLOWS = {
    (READY, ACCEPT): SIGNED,
    (READY, CORRECT): SIGNED,
    (INSUFFICIENT, CORRECT): SIGNED,
    (SIGNED, AMEND): AMENDED,
    (SIGNED, RETRACT): RETRACTED,
    (AMENDED, AMEND): AMENDED,
    (AMENDED, RETRACT): RETRACTED,
    (RETRACTED, ACCEPT): SIGNED,
    (RETRACTED, CORRECT): SIGNED,
}
RELEASE = Release("Dr. Vogel", CALLER, NOON, totals().basis)


def state(status: ExaminationStatus) -> Examination:
    missing = 60 if status is INSUFFICIENT else 0
    counted = totals(examination_answer(missing_cells=missing))
    return examination(status, *HISTORIES[status], counted=counted)


def held(status: ExaminationStatus = OPEN, **changes) -> Examination:
    return examination(status, *HISTORIES[status], counted=totals(shared_with=OTHERS, **changes))


@pytest.mark.parametrize("kind", SignatureKind)
@pytest.mark.parametrize("status", ExaminationStatus)
def test_a_signature_follows_only_what_it_can_follow_and_is_added_to_the_history(status, kind):
    before = state(status)
    if (status, kind) not in FOLLOWS:
        with pytest.raises(SigningRefused) as refused:
            sign(before, signature(kind), len(before.history))
        assert refused.value.examination is before
        return
    after = sign(before, signature(kind), len(before.history))
    assert after.status is FOLLOWS[status, kind]
    assert after.history == (*before.history, signature(kind))


@pytest.mark.parametrize(
    ("status", "kind", "why"),
    [
        (OPEN, ACCEPT, "still arriving or being read"),
        (OPEN, AMEND, "not signed, so there is nothing to amend: accept or correct it"),
        (INSUFFICIENT, ACCEPT, "about 60 more white cells are needed. Choose a conclusion"),
        (
            SIGNED,
            ACCEPT,
            r"signed as Pre-B ALL by Dr. Vogel on 22 November 2026, 12:00 UTC already: amend it, with",
        ),
        (AMENDED, CORRECT, "amended to Pro-B ALL by Dr. Vogel"),
        (RETRACTED, RETRACT, "was retracted already, so there is nothing to retract"),
    ],
)
def test_a_refusal_says_what_is_so_and_what_to_do(status, kind, why):
    with pytest.raises(SigningRefused, match=why):
        sign(state(status), signature(kind), len(HISTORIES[status]))


def test_an_open_set_cannot_be_accepted_but_corrected_to_one_of_its_classes():
    unsure = examination(counted=totals(examination_answer(Label.PRE_B, Label.BENIGN)))
    with pytest.raises(SigningRefused, match=r"leaves open: Benign \(hematogones\), Pre-B ALL. Choose a conclusion"):
        sign(unsure, signature(), 0)
    assert sign(unsure, signature(CORRECT, conclusion=Conclusion.PRE_B), 0).finding is Finding.LEUKEMIA


def test_an_examination_of_rejected_fields_alone_can_only_be_corrected():
    unread = examination(INSUFFICIENT, counted=totals(None))
    with pytest.raises(SigningRefused, match="No field could be read, so it has no answer"):
        sign(unread, signature(), 0)
    assert sign(unread, signature(CORRECT, conclusion=Conclusion.NOT_ASSESSABLE), 0).finding is Finding.NOT_ASSESSABLE


def test_an_acceptance_takes_the_answers_conclusion_and_no_other():
    assert sign(state(READY), signature(conclusion=None), 0).history[0].conclusion is Conclusion.PRE_B
    with pytest.raises(SigningRefused, match="Its answer is Pre-B ALL: accept that"):
        sign(state(READY), signature(conclusion=Conclusion.PRO_B), 0)


def test_a_correction_to_the_answer_itself_is_stored_as_the_acceptance_that_it_is():
    asked = signature(CORRECT, conclusion=Conclusion.PRE_B)
    signed = sign(state(READY), asked, 0)
    assert signed.history == (signature(ACCEPT, conclusion=Conclusion.PRE_B),)
    assert is_repeated(signed, asked, 0)
    few = sign(state(INSUFFICIENT), asked, 0)
    assert few.history == (asked,)


def test_of_two_people_at_once_the_second_reads_what_the_first_signed():
    once = sign(state(READY), signature(signed_by="Dr. Amsel"), 0)
    with pytest.raises(SigningRefused, match=r"Meanwhile it was signed as Pre-B ALL by Dr. Amsel on 22 November 2026"):
        sign(once, signature(CORRECT), 0)
    twice = sign(once, signature(RETRACT), 1)
    with pytest.raises(SigningRefused, match=r"Meanwhile it was retracted by Dr. Vogel"):
        sign(twice, signature(AMEND), 1)
    with pytest.raises(SigningRefused, match="It has 2 signatures, not 3"):
        sign(twice, signature(), 3)


@pytest.mark.parametrize(("status", "kind"), [(READY, ACCEPT), (READY, CORRECT), (SIGNED, AMEND)])
def test_a_conclusion_about_other_fields_is_refused_with_what_there_is_now(status, kind):
    with pytest.raises(BasisChanged, match="8 read, 1 refused, 0 excluded; the last one was"):
        sign(state(status), signature(kind, basis="of yesterday"), len(HISTORIES[status]))


def test_a_retraction_does_not_wait_for_a_look_at_late_fields_nor_for_a_release():
    after = sign(held(SIGNED), signature(RETRACT, basis="of yesterday"), 1)
    assert (after.status, after.finding, after.has_late_fields) == (RETRACTED, None, True)


@pytest.mark.parametrize(("status", "kind"), [(OPEN, ACCEPT), (OPEN, CORRECT), (SIGNED, AMEND)])
def test_a_held_examination_has_to_be_released_before_it_is_concluded_from(status, kind):
    with pytest.raises(SigningRefused, match="another patient of the clinic has the same image"):
        sign(held(status), signature(kind), len(HISTORIES[status]))


def test_a_signature_that_lacks_its_reason_or_its_conclusion_is_never_stored():
    for kind, lacking in ((AMEND, {"reason": ""}), (RETRACT, {"reason": ""}), (CORRECT, {"conclusion": None})):
        status = READY if kind is CORRECT else SIGNED
        with pytest.raises(ValueError, match=f"a signature that is to {kind} needs a"):
            sign(state(status), signature(kind, **lacking), len(HISTORIES[status]))


def test_a_repeated_request_is_known_by_its_caller_and_content_whatever_followed():
    once = sign(state(READY), signature(conclusion=None), 0)
    later = signature(conclusion=None, signed_at=NOON + timedelta(minutes=1))
    assert is_repeated(once, later, 0)
    assert is_repeated(sign(once, signature(AMEND), 1), later, 0)
    for other in (
        {"caller": "another"},
        {"signed_by": "Dr. Amsel"},
        {"reason": "x"},
        {"kind": CORRECT, "conclusion": Conclusion.PRO_B},
    ):
        assert not is_repeated(once, replace(later, **other), 0)
    assert not is_repeated(once, later, 1) and not is_repeated(once, later, -1)


def test_a_clock_that_is_behind_does_not_turn_the_history_round():
    once = sign(state(READY), signature(), 0)
    early = signature(AMEND, signed_at=NOON - timedelta(days=1))
    assert [one.signed_at for one in sign(once, early, 1).history] == [NOON, NOON]


def test_a_signature_makes_an_examination_of_before_news_to_its_patient():
    migrated = replace(state(READY), migrated=True)
    assert migrated.owes(Audience.PATIENT, PatientRelease.AFTER_SIGN_OFF) is None
    signed = sign(migrated, signature(), 0)
    assert signed.owes(Audience.PATIENT, PatientRelease.AFTER_SIGN_OFF) is Meaning.LEUKEMIA


@pytest.mark.parametrize("conclusion", Conclusion)
def test_no_conclusion_but_benign_and_no_leukemia_is_harmless_to_the_patient(conclusion):
    signed = sign(state(INSUFFICIENT), signature(CORRECT, conclusion=conclusion), 0)
    meaning = signed.owes(Audience.PATIENT, PatientRelease.AFTER_SIGN_OFF)
    is_harmless = conclusion in (Conclusion.BENIGN, Conclusion.NO_LEUKEMIA)
    assert (meaning is Meaning.HARMLESS) is is_harmless
    assert meaning == str(FINDINGS[conclusion]) and conclusion_title(conclusion)


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, READY), ({"answer": None}, INSUFFICIENT), ({"waiting_for_model": 2}, OPEN)],
)
def test_a_release_settles_an_examination_that_nothing_else_would_compute_again(changes, status):
    after = release(held(**changes), RELEASE)
    assert (after.status, after.is_held) == (status, False)
    assert after.released == replace(RELEASE, shared_with=OTHERS)


def test_a_release_of_a_signed_examination_leaves_its_signature():
    assert release(held(SIGNED), RELEASE).status is SIGNED


def test_a_release_of_what_is_not_held_or_of_other_fields_is_refused():
    with pytest.raises(SigningRefused, match="It is not held"):
        release(state(READY), RELEASE)
    with pytest.raises(BasisChanged, match="The fields changed after you looked"):
        release(held(), replace(RELEASE, basis="of yesterday"))
    with pytest.raises(SigningRefused, match=r"released by Dr. Vogel on 22 November 2026, 12:00 UTC already"):
        release(release(held(), RELEASE), replace(RELEASE, released_by="Dr. Amsel"))


def test_a_repeated_release_is_known_by_its_caller_and_content():
    once, later = release(held(), RELEASE), replace(RELEASE, released_at=NOON + timedelta(minutes=1))
    assert is_released_by(once, later)
    assert not is_released_by(once, replace(later, caller="another"))
