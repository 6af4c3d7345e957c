from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Release, Told
from blastlens.domain.field import Caution
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.notice_texts import format_brief_text, format_clinic_text, make_examination_link
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification, PatientRelease
from blastlens.domain.record import Audience
from blastlens.domain.signature import SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import NOON, PAGE, TAKEN
from tests.examinations import EXAMINATION, OTHERS, examination, examination_answer, signature, totals
from tests.unit.domain.test_texts import contradiction, few_cells, late, ready, screening

ENGLISH = load_catalogue(Language.ENGLISH)
LANGUAGES = pytest.mark.parametrize("language", Language)


def meaning_of(one: Examination) -> Meaning:
    meaning = one.owes(Audience.CLINIC, PatientRelease.AFTER_SIGN_OFF)
    assert meaning is not None
    return meaning


def message(one: Examination, language: Language = Language.ENGLISH, page: str | None = PAGE) -> str:
    return format_clinic_text(one, meaning_of(one), page, NoticeOptions(language))


def held(**changes: Any) -> Examination:
    return examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS, **changes))


def test_the_clinic_reads_class_probabilities_fields_cells_and_model():
    text = message(examination())
    assert "Class: Pre-B ALL" in text
    shares = zip(LABELS, ("1.00%", "1.00%", "97.00%", "1.00%"), strict=True)
    assert all(f"{WORDS[label].title}: {percent}" in text for label, percent in shares)
    assert "Fields: 8 read, 1 refused" in text
    assert "White cells: 240, of which 180 look like blasts (75.0%; 95 % interval 69.0% to 80.0%)" in text
    assert "Model: fusion 1.0.0 (5f5f5f5f5f5f)" in text


def test_german_numbers_have_a_comma():
    assert "97,00 %" in message(examination(), Language.GERMAN)


def test_the_clinic_reads_that_it_is_decision_support_and_needs_a_specialist():
    text = message(examination())
    assert "decision support, not a diagnosis" in text and "specialist" in text


def test_the_clinic_finds_the_examination_by_a_link_whose_ids_stay_in_the_browser():
    link = "https://results.example/#/patients/patient-41/examinations/examination-1"
    assert link in message(examination())
    assert make_examination_link(PAGE, EXAMINATION).partition("#")[0] == "https://results.example/"
    assert "http" not in message(examination(), page=None)


@LANGUAGES
@pytest.mark.parametrize("others", [(Label.BENIGN,), (Label.PRO_B,)])
def test_a_set_of_several_labels_is_headed_uncertain_and_the_likeliest_label_comes_after(
    language: Language, others: tuple[Label, ...]
):
    words = load_catalogue(language)
    lines = message(ready(examination_answer(Label.PRE_B, *others)), language).splitlines()
    assert lines[1] == words.fill("uncertain.heading")
    assert lines[2].index(words.fill("titles.pre_b")) > lines[2].index(words.fill(f"titles.{others[0]}"))
    assert lines[3] == words.fill("clinic.likeliest", title=words.fill("titles.pre_b"))


@LANGUAGES
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (examination_answer(Label.BENIGN), True),
        (examination_answer(Label.BENIGN, Label.PRO_B), True),
        (examination_answer(Label.PRE_B, Label.BENIGN), True),
        (screening(Label.BENIGN), True),
        (examination_answer(Label.PRE_B), False),
    ],
)
def test_every_answer_with_benign_in_it_says_that_it_does_not_rule_leukemia_out(language: Language, answer, says: bool):
    assert (load_catalogue(language).fill("clinic.benign") in message(ready(answer), language)) is says
    assert "does not rule leukemia out" in ENGLISH.fill("clinic.benign")


@LANGUAGES
def test_a_contradiction_between_fields_is_named_and_never_benign_alone(language: Language):
    words, text = load_catalogue(language), message(ready(contradiction()), language)
    assert words.fill("clinic.contradicts") in text and words.fill("uncertain.heading") in text
    assert words.fill("clinic.contradicts") not in message(examination(), language)


@LANGUAGES
def test_of_too_few_cells_the_clinic_reads_how_many_are_missing_and_what_to_do(language: Language):
    words, text = load_catalogue(language), message(ready(few_cells()), language)
    assert words.fill("clinic.insufficient", missing="60") in text and words.fill("clinic.more_fields") in text
    assert words.fill("clinic.probabilities") not in text and words.fill("titles.benign") not in text


@pytest.mark.parametrize(
    ("one", "level"),
    [
        (examination(), "high"),
        (ready(examination_answer(Label.BENIGN, Label.PRO_B)), "high"),
        (ready(examination_answer(Label.BENIGN)), "routine"),
        (ready(few_cells(Label.BENIGN)), "unknown"),
        (ready(few_cells(Label.PRE_B)), "high"),
        (ready(None, fields_read=0), "unknown"),
        (held(), "held"),
    ],
)
def test_the_clinic_reads_the_urgency_and_the_patients_id(one: Examination, level: str):
    lines = message(one).splitlines()
    assert ENGLISH.fill(f"urgency.{level}") in lines and "Patient: patient-41" in lines


@pytest.mark.parametrize("reason", Reason)
@LANGUAGES
def test_of_every_refused_field_the_clinic_reads_why_and_what_to_do(language: Language, reason: Reason):
    words = load_catalogue(language)
    text = message(ready(None, fields_read=0, fields_rejected={reason: 3, Reason.EMPTY: 1}), language)
    assert words.fill("clinic.unanswered") in text
    assert words.fill(f"reasons.{reason}.do") in text and words.fill(f"reasons.{reason}.what") in text


def test_the_reason_of_most_refusals_comes_first():
    text = message(ready(examination_answer(), fields_rejected={Reason.BLURRED: 1, Reason.TOO_DARK: 4}))
    assert text.index("4 refused: the image is too dark") < text.index("1 refused: the image is out of focus")


@LANGUAGES
def test_of_a_held_examination_the_clinic_reads_why_and_how_to_release_it_but_no_answer(language: Language):
    words, text = load_catalogue(language), message(held(), language)
    assert words.fill("held.heading") in text and "blastlens sign release" in text
    secret = ["titles.pre_b", "clinic.probabilities", "clinic.no_diagnosis"]
    assert not any(words.fill(key) in text for key in secret) and "240" not in text


def test_of_a_held_examination_the_clinic_reads_which_other_patient_has_the_image():
    others = ("clinic-7/patient-7/smear-1", "clinic-7/patient-8/smear-2")
    known = Release("Dr. Vogel", "arn", NOON, "basis", others[:1])
    one = examination(ExaminationStatus.OPEN, counted=totals(shared_with=others), released=known)
    text = message(one)
    assert "patient patient-8, examination smear-2" in text and "patient-7," not in text


@LANGUAGES
def test_of_cautions_the_clinic_reads_how_many_fields_they_concern_and_what_to_do(language: Language):
    words = load_catalogue(language)
    found = {Caution.SCALES_DISAGREE: 3, Caution.FEW_CELLS: 9}
    text = message(ready(examination_answer(), cautions=found), language)
    assert words.fill("clinic.caution", number="3", what=words.fill("cautions.scales_disagree")) in text
    assert text.count(words.texts["clinic.caution"].partition("{number} ")[2].partition(":")[0]) == 1


@LANGUAGES
def test_of_fields_after_a_signature_the_clinic_reads_what_stands_what_they_show_and_what_to_do(language: Language):
    words, text = load_catalogue(language), message(late(signature()), language)
    assert words.fill("late.heading") in text and "Dr. Vogel" in text and "blastlens sign amend" in text
    assert text.index(words.fill("late.computed")) < text.rindex(words.fill("titles.pre_b"))
    assert words.fill("held.late") not in text


@LANGUAGES
def test_fields_after_a_retraction_do_not_sound_as_if_a_signature_stood(language: Language):
    words = load_catalogue(language)
    text = message(late(signature(), signature(SignatureKind.RETRACT), shared_with=OTHERS), language)
    assert words.fill("late.heading_retracted") in text and words.fill("late.heading") not in text
    assert words.fill("late.do_retracted") in text and "sign amend" not in text
    assert words.fill("held.late") in text


@LANGUAGES
@pytest.mark.parametrize("before", [Meaning.HARMLESS, Meaning.INSUFFICIENT, Meaning.HELD])
def test_a_changed_meaning_says_what_it_replaces_when_that_was_sent_and_when_both_were_taken(
    language: Language, before: Meaning
):
    words = load_catalogue(language)
    told = Told(before, NOON, "earlier", TAKEN + timedelta(minutes=4))
    text = message(examination(told={Audience.CLINIC: (told,)}), language)
    times = [NOON, TAKEN + timedelta(minutes=4), TAKEN + timedelta(minutes=9)]
    (line,) = [one for one in text.splitlines() if words.fill(f"meanings.{before}") in one and "12:00" in one]
    assert all(words.format_time(time) in line for time in times)


def test_a_first_notice_replaces_nothing():
    assert "replaces" not in message(examination())


@pytest.mark.parametrize("meaning", Meaning)
@LANGUAGES
def test_every_meaning_has_a_name_for_the_notice_that_replaces_it(language: Language, meaning: Meaning):
    assert load_catalogue(language).fill(f"meanings.{meaning}")


@pytest.mark.parametrize("reach", PatientNotification)
@LANGUAGES
def test_the_clinic_reads_how_the_patient_is_notified_of_an_answer(language: Language, reach: PatientNotification):
    said, options = load_catalogue(language).fill(f"reach.{reach}"), NoticeOptions(language, reach)
    assert said in format_clinic_text(examination(), Meaning.LEUKEMIA, PAGE, options)
    assert said not in format_clinic_text(held(), Meaning.HELD, PAGE, options)
    assert said not in format_clinic_text(late(signature()), Meaning.LATE_FIELD, PAGE, options)


def test_nobody_reads_a_kind_of_leukemia_from_a_screening_package():
    for one in (ready(screening(Label.MALIGNANT)), ready(screening(Label.BENIGN, Label.MALIGNANT))):
        assert "Screening: benign or malignant alone" in message(one)
        assert not any(kind in message(one) for kind in ("Early", "Pre-B", "Pro-B"))
    assert "creening" not in message(examination())


def test_cells_that_were_not_counted_have_no_share():
    answer = replace(examination_answer(), white_cells=0, blasts=0, blast_interval=(0.0, 1.0))
    assert ENGLISH.fill("clinic.no_cells") in message(ready(answer))


@LANGUAGES
def test_a_brief_text_names_the_days_of_the_fields(language: Language):
    words = load_catalogue(language)
    one_day, two_days = examination(), ready(examination_answer(), last_taken_at=NOON)
    first, last = words.format_date(TAKEN), words.format_date(NOON)
    assert words.fill("when.one", time=first) in format_brief_text("clinic", one_day, language)
    assert words.fill("when.span", first=first, last=last) in format_brief_text("held", two_days, language)


def test_every_finding_of_an_answer_has_a_notice():
    answers = [examination_answer(Label.BENIGN), examination_answer(), contradiction(), few_cells()]
    found = {ready(one).finding for one in answers}
    assert found == set(Finding) - {Finding.OTHER_DISEASE, Finding.NOT_ASSESSABLE}
