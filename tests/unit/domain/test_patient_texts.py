"""Every state and conclusion, in the words that the patient reads."""

from itertools import product

import pytest

from blastlens.domain.examination import Examination, ExaminationStatus, Meaning, Told
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.notice import make_patient_notice
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.patient_texts import format_patient_text
from blastlens.domain.record import Audience
from blastlens.domain.signature import FINDINGS, Conclusion
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import NOON
from tests.examinations import OTHERS, examination, examination_answer, totals
from tests.unit.domain.test_texts import answers, few_cells, ready, signed

LANGUAGES = pytest.mark.parametrize("language", Language)
PLAIN = ("findings.harmless", "findings.no_leukemia", "findings.leukemia", "findings.other_disease")
CALM = {"findings.harmless", "findings.no_leukemia"}

EXPECTED = {
    Conclusion.BENIGN: {"findings.harmless"},
    Conclusion.NO_LEUKEMIA: {"findings.no_leukemia"},
    Conclusion.EARLY_PRE_B: {"findings.leukemia"},
    Conclusion.PRE_B: {"findings.leukemia"},
    Conclusion.PRO_B: {"findings.leukemia"},
    Conclusion.MALIGNANT: {"findings.leukemia"},
    Conclusion.OTHER_DISEASE: {"findings.other_disease"},
    Conclusion.NOT_ASSESSABLE: set(),
}
"""Conclusion → what the patient reads that the images show."""


def shown(one: Examination, language: Language) -> set[str]:
    words, text = load_catalogue(language), format_patient_text(one, language)
    return {key for key in PLAIN if words.fill(key) in text}


def computed() -> list[Examination]:
    """Answers of every kind."""
    return [one for _, one in answers()]


def states() -> list[Examination]:
    """Every state with every conclusion or answer that it can have."""
    found = [signed(one) for one in (*Conclusion, None)]
    found += computed()
    found += [examination(ExaminationStatus.OPEN, counted=one.totals) for one in computed()]
    found += [examination(status, counted=totals(shared_with=OTHERS)) for status in ExaminationStatus]
    return found


@LANGUAGES
@pytest.mark.parametrize("conclusion", Conclusion)
def test_a_signed_conclusion_is_told_in_its_own_plain_words(language: Language, conclusion: Conclusion):
    assert shown(signed(conclusion), language) == EXPECTED[conclusion]


def test_every_conclusion_is_walked():
    assert EXPECTED.keys() == set(Conclusion) == FINDINGS.keys()


@LANGUAGES
def test_only_a_harmless_or_an_open_finding_is_ever_told_as_harmless(language: Language):
    words = load_catalogue(language)
    for one in states():
        seen = shown(one, language) & CALM
        assert not seen or one.finding in (Finding.HARMLESS, Finding.UNCERTAIN), one
        assert not seen or words.fill("patient.benign") in format_patient_text(one, language)


@LANGUAGES
@pytest.mark.parametrize("conclusion", [Conclusion.OTHER_DISEASE, Conclusion.NOT_ASSESSABLE])
@pytest.mark.parametrize("label", [Label.BENIGN, Label.PRE_B])
def test_the_computed_answer_does_not_show_through_a_signature(
    language: Language, conclusion: Conclusion, label: Label
):
    one = signed(conclusion, totals=totals(examination_answer(label)))
    assert shown(one, language) == EXPECTED[conclusion]


@LANGUAGES
def test_no_patient_is_left_without_a_next_step(language: Language):
    words = load_catalogue(language)
    for one in states():
        text = format_patient_text(one, language)
        is_sent = words.fill("patient.next_malignant") in text
        assert is_sent is (one.finding in (Finding.LEUKEMIA, Finding.OTHER_DISEASE) and not _is_secret(one))
        assert is_sent or words.fill("patient.next_benign") in text


def _is_secret(one: Examination) -> bool:
    return one.is_held and not one.history


@LANGUAGES
def test_an_open_held_or_retracted_examination_tells_nothing_of_its_answer(language: Language):
    words = load_catalogue(language)
    for one in (*states(), signed(None)):
        if one.finding is None or _is_secret(one):
            assert shown(one, language) == set()
    assert words.fill("patient.retracted") in format_patient_text(signed(None), language)


@LANGUAGES
def test_too_few_cells_and_not_assessable_say_neither_well_nor_ill(language: Language):
    words = load_catalogue(language)
    texts = {key: words.fill(f"patient.{key}") for key in ("insufficient", "not_assessable")}
    assert texts["insufficient"] in format_patient_text(ready(few_cells()), language)
    assert texts["not_assessable"] in format_patient_text(signed(Conclusion.NOT_ASSESSABLE), language)
    assert all("not mean that you are well" in load_catalogue(Language.ENGLISH).fill(f"patient.{one}") for one in texts)


@LANGUAGES
def test_who_was_told_something_else_reads_that_it_no_longer_holds(language: Language):
    corrected = load_catalogue(language).fill("patient.corrected")
    for before, now in product((Meaning.HARMLESS, Meaning.LEUKEMIA, Meaning.UNCERTAIN), Conclusion):
        one = signed(now, told={Audience.PATIENT: (Told(before, NOON, "basis"),)})
        is_other = before is not Meaning.UNCERTAIN and str(before) != str(FINDINGS[now])
        assert (corrected in format_patient_text(one, language)) is is_other, (before, now)


@LANGUAGES
def test_the_message_on_the_phone_is_the_same_of_every_finding(language: Language):
    meanings = {
        meaning: one
        for one in [*(signed(conclusion) for conclusion in Conclusion), *computed()]
        if (meaning := one.meaning_for(Audience.PATIENT, PatientRelease.AUTOMATIC)) is not None
    }
    assert len(meanings) == 5
    texts = [make_patient_notice(one, meaning, language).bodies["sms"] for meaning, one in meanings.items()]
    assert len(set(texts)) == 1


@LANGUAGES
def test_a_retraction_tells_that_the_result_no_longer_counts_but_not_what_it_was(language: Language):
    words = load_catalogue(language)
    text = make_patient_notice(signed(None), Meaning.RETRACTED, language).bodies["default"]
    when = words.fill("when.one", time=words.format_date(signed(None).totals.last_taken_at))
    assert text == words.fill("patient.withdrawn", when=when)
    assert "no longer counts" in load_catalogue(Language.ENGLISH).fill("patient.withdrawn", when="")


@LANGUAGES
def test_a_correction_says_that_it_replaces_an_earlier_result(language: Language):
    words = load_catalogue(language)
    bodies = make_patient_notice(signed(Conclusion.BENIGN), Meaning.HARMLESS, language, replaces=True).bodies
    assert bodies["default"].endswith(words.fill("patient.replaces"))
