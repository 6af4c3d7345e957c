"""Content of reports for each answer and state."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from blastlens.domain.clinic import Clinic
from blastlens.domain.differential import Differential
from blastlens.domain.examination import Examination, ExaminationStatus
from blastlens.domain.finding import Finding
from blastlens.domain.labels import Label
from blastlens.domain.review import CellClass
from blastlens.domain.signature import FINDINGS, Conclusion, SignatureKind
from blastlens.domain.text_catalogue import Language, load_catalogue
from blastlens.functions.report.clinician_content import Content, Subject, make_clinician_content
from blastlens.functions.report.differential_table import make_differential
from blastlens.functions.report.patient_content import make_patient_content
from tests.answers import NOON
from tests.examinations import OTHERS, examination, examination_answer, signature, totals
from tests.unit.domain.test_text_catalogue import HARDEST, LONGEST_SENTENCE, readability, sentences
from tests.unit.domain.test_texts import answers, contradiction, few_cells, late, ready, signed

MADE_AT = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
CLINIC = Clinic("clinic-7", "Labor am See", "labor@see.example", Language.GERMAN, "", contact="Seestraße 1")
ENGLISH = load_catalogue(Language.ENGLISH)
HELD = examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS))
RETRACTED = signed(None)


def clinician(one: Examination, language: Language = Language.ENGLISH) -> Content:
    return make_clinician_content(Subject(one, CLINIC), load_catalogue(language), MADE_AT)


def patient(one: Examination, language: Language = Language.ENGLISH) -> Content:
    return make_patient_content(one, CLINIC, load_catalogue(language), MADE_AT)


def test_a_signed_report_states_who_concluded_what_when_and_the_computed_answer_beside_it():
    content = clinician(examination(ExaminationStatus.SIGNED, signature(SignatureKind.CORRECT)))
    assert content["status"] == ["Signed by Dr. Vogel on 22 November 2026, 12:00 UTC."]
    assert content["answer"]["title"] == "Pro-B ALL" and content["mark"] is None
    assert content["computed"]["lines"][0] == "Class: Pre-B ALL."
    assert content["signatures"]["rows"] == [
        ["22 November 2026, 12:00 UTC", "Dr. Vogel", "signed, not as computed: Pro-B ALL", "none given"]
    ]


def test_the_history_keeps_every_signature_with_its_reason():
    history = (signature(), signature(SignatureKind.AMEND, reason="second look"), signature(SignatureKind.RETRACT))
    rows = clinician(examination(ExaminationStatus.RETRACTED, *history))["signatures"]["rows"]
    assert [row[2:] for row in rows] == [
        ["signed, as computed: Pre-B ALL", "none given"],
        ["amended to: Pro-B ALL", "second look"],
        ["withdrawn", "stated above"],
    ]


def test_a_report_without_a_signature_is_a_draft_and_says_what_may_change():
    settled, is_open = clinician(ready(examination_answer())), clinician(examination(ExaminationStatus.OPEN))
    assert settled["mark"] == is_open["mark"] == "DRAFT"
    assert settled["status"] == [ENGLISH.fill("pdf.draft")]
    assert is_open["status"] == [ENGLISH.fill("pdf.draft"), ENGLISH.fill("pdf.draft_open")]
    assert settled["answer"]["title"] == "Pre-B ALL" and settled["signatures"]["rows"] == []


def test_a_withdrawn_report_states_neither_a_conclusion_nor_a_computed_answer():
    content = clinician(RETRACTED)
    assert content["mark"] == "WITHDRAWN" and "Do not use this report" in content["status"][0]
    assert content["answer"]["title"] == "None: it was withdrawn."
    assert content["computed"] is content["probabilities"] is content["differential"] is None


def test_a_held_examination_states_no_answer_before_a_person_has_released_it():
    content = clinician(HELD)
    assert content["answer"]["title"] == "No answer is stated"
    assert content["answer"]["warnings"] == [ENGLISH.fill("held.heading")]
    assert content["computed"] is content["probabilities"] is content["differential"] is None
    assert "Pre-B" not in str(content)


def test_an_uncertain_answer_is_never_named_by_its_likeliest_class_alone():
    content = clinician(ready(examination_answer(Label.BENIGN, Label.EARLY_PRE_B)))
    assert content["answer"]["title"] == "Uncertain: have it read first"
    assert content["answer"]["lines"][:2] == [
        "Not ruled out: Early Pre-B ALL, Benign (hematogones).",
        "Likeliest: Benign (hematogones).",
    ]


def test_too_few_cells_give_no_answer_and_no_probabilities():
    content = clinician(ready(few_cells()))
    assert content["answer"]["title"] == "No answer is stated" and content["probabilities"] is None
    assert ENGLISH.fill("clinic.insufficient", missing="60") in content["answer"]["lines"]
    unread = clinician(ready(None, fields_read=0))
    assert unread["answer"]["lines"] == [ENGLISH.fill("clinic.unanswered")]


def test_what_contradicts_itself_says_so():
    assert ENGLISH.fill("clinic.contradicts") in clinician(ready(contradiction()))["answer"]["lines"]


@pytest.mark.parametrize("language", Language)
def test_benign_never_stands_without_the_sentence_that_it_rules_nothing_out(language: Language):
    caveat = load_catalogue(language).fill("clinic.benign")
    harmless = [signed(one) for one in Conclusion if FINDINGS[one] is Finding.HARMLESS]
    harmless += [one for _, one in answers() if one.totals.finding in (Finding.HARMLESS, Finding.UNCERTAIN)]
    assert len(harmless) > 5
    for one in harmless:
        assert caveat in clinician(one, language)["answer"]["warnings"]
    for one in harmless:
        if one.history:
            assert load_catalogue(language).fill("patient.benign") in patient(one, language)["text"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("one", [ready(examination_answer()), signed(Conclusion.PRE_B), RETRACTED, HELD])
def test_every_report_says_what_it_is_not(language: Language, one: Examination):
    words, lines = load_catalogue(language), clinician(one, language)["limits"]["lines"]
    keys = ("clinic.no_diagnosis", "clinic.benign", "pdf.limit_research", "pdf.limit_classes")
    assert lines == [words.fill(key) for key in keys]


def test_fields_after_a_signature_are_named_in_the_report():
    content = clinician(late(signature()))
    assert ENGLISH.fill("late.heading") in content["answer"]["warnings"]
    gone = clinician(late(signature(), signature(SignatureKind.RETRACT)))
    assert ENGLISH.fill("late.heading_retracted") in gone["answer"]["warnings"]


def test_a_patient_reads_signed_results_only():
    for one in (ready(examination_answer()), examination(ExaminationStatus.OPEN), HELD):
        with pytest.raises(ValueError, match="signed"):
            patient(one)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("conclusion", [*Conclusion, None])
def test_a_patient_reads_the_next_step_in_a_frame_and_whom_to_ask(conclusion: Conclusion | None, language: Language):
    words, content = load_catalogue(language), patient(signed(conclusion), language)
    is_alarming = conclusion is not None and FINDINGS[conclusion] in (Finding.LEUKEMIA, Finding.OTHER_DISEASE)
    assert content["next"] == words.fill(f"patient.next_{'malignant' if is_alarming else 'benign'}")
    assert content["clinic"]["ask"] == words.fill("pdf_patient.ask")
    assert content["letterhead"] == {"name": "Labor am See", "lines": ["Seestraße 1"]}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("conclusion", [*Conclusion, None])
def test_the_patients_report_is_in_short_sentences_of_everyday_words(conclusion: Conclusion | None, language: Language):
    first, changed = signature(), signature(SignatureKind.AMEND, signed_at=NOON + timedelta(hours=1))
    one = signed(conclusion)
    history = (first, changed, replace(one.history[-1], signed_at=NOON + timedelta(hours=2)))
    content = patient(replace(one, history=history), language)
    parts = [*content["text"], content["next"], content["signed"], content["clinic"]["ask"]]
    text = "\n\n".join([*parts, *content["history"]["rows"]])
    assert readability(text) <= HARDEST[language], f"{readability(text):.0f}: {text}"
    assert max(len(sentence) for sentence in sentences(text)) <= LONGEST_SENTENCE


def test_a_patient_reads_what_happened_before_and_not_which_finding_no_longer_counts():
    history = (signature(), signature(SignatureKind.RETRACT), signature(SignatureKind.CORRECT))
    content = patient(examination(ExaminationStatus.SIGNED, *history))
    assert content["history"]["rows"] == [
        "22 November 2026, 12:00 UTC: A doctor signed a result.",
        "22 November 2026, 12:00 UTC: The clinic withdrew the result. It no longer counts.",
    ]
    assert "changed this result" in content["signed"]
    assert "second look" not in str(content) and "ALL" not in str(content)


def test_a_patients_report_names_no_probability_no_class_and_no_model():
    content = str(patient(signed(Conclusion.PRE_B)))
    assert not any(word in content for word in ("Pre-B", "fusion", "%", "97"))


def test_the_differential_names_every_kind_and_what_people_moved_and_left_out():
    kinds = {CellClass.PRE_B: 30, CellClass.OTHER_WHITE: 10, CellClass.BENIGN: 0, CellClass.NOT_A_CELL: 2}
    one = examination(ExaminationStatus.SIGNED, signature(), counted=totals(fields_excluded=1))
    subject = Subject(one, CLINIC, Differential(kinds, moved=3))
    content = make_clinician_content(subject, ENGLISH, MADE_AT)
    assert content["differential"]["rows"] == [
        ["Pre-B ALL", "30", "75.0%"],
        ["Other white cells", "10", "25.0%"],
        ["Benign (hematogones)", "0", "0.0%"],
        ["No white cells, not counted", "2", "–"],
    ]
    moved, excluded = ENGLISH.fill("pdf.moved", moved="3"), ENGLISH.fill("pdf.excluded", fields="1")
    assert content["differential"]["notes"][1:] == [moved, excluded]
    assert ["Fields", "8 read, 1 refused, 1 left out by a person"] in content["facts"]


@pytest.mark.parametrize("language", Language)
def test_every_class_of_a_cell_has_a_name(language: Language):
    table = make_differential(Differential(dict.fromkeys(CellClass, 1), moved=0), 0, load_catalogue(language))
    assert len({row[0] for row in table["rows"]}) == len(CellClass)


def test_a_field_with_leukemia_that_a_person_left_out_is_named_in_a_frame_also_after_a_signature():
    counted = totals(examination_answer(Label.BENIGN), hides_leukemia=True, fields_excluded=1)
    for history in ((), (signature(SignatureKind.CORRECT, conclusion=Conclusion.BENIGN),)):
        content = clinician(examination(ExaminationStatus.READY, *history, counted=counted))
        assert ENGLISH.fill("pdf.hides_leukemia") in content["answer"]["warnings"]
