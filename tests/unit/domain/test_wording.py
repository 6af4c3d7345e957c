from dataclasses import replace

import pytest

from blastlens.domain.catalogue import Language, catalogue
from blastlens.domain.errors import Reason
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.telling import Reach
from blastlens.domain.wording import clinic_text, patient_gist, patient_text, result_link
from tests.answers import (
    PAGE,
    UPLOAD,
    prediction,
    record,
    rejection,
    result,
    screening,
    sign_off,
    unreadable_result,
)

ENGLISH = catalogue(Language.ENGLISH)
HARMLESS, LEUKEMIA = ENGLISH.say("findings.harmless"), ENGLISH.say("findings.leukemia")
SUBTYPES = ("Early", "Pre-B", "Pro-B")
MALIGNANT = [label for label in LABELS if WORDS[label].malignant]


def told_patient(answer) -> str:
    return patient_text(record(result(answer)))


def told_clinic(answer):
    return clinic_text(record(result(answer)), PAGE)


def test_the_clinic_reads_class_probabilities_quality_and_model():
    text = told_clinic(prediction(Label.PRE_B))
    assert "Class: Pre-B ALL" in text
    assert all(
        f"{WORDS[label].title}: {percent}" in text
        for label, percent in zip(LABELS, ("1.00%", "1.00%", "97.00%", "1.00%"), strict=True)
    )
    assert "focus 312" in text and "stained 12.0%" in text
    assert "Model: fusion 1.0.0 (5f5f5f5f5f5f)" in text


def test_the_clinic_reads_that_it_is_decision_support_and_needs_a_specialist():
    text = told_clinic(prediction())
    assert "decision support, not a diagnosis" in text and "specialist" in text


def test_the_clinic_finds_the_result_by_a_link():
    assert "https://results.example/#/clinics/clinic-7/patients/patient-41/uploads/upload-0001" in told_clinic(None)


def test_where_there_is_no_page_the_clinic_reads_no_link():
    text = clinic_text(record(), None)
    assert "Open it" not in text and "http" not in text


def test_the_ids_of_a_link_stay_in_the_browser():
    assert result_link(PAGE, UPLOAD).partition("#")[0] == "https://results.example/"


def test_the_clinic_is_asked_to_read_an_uncertain_image_first():
    text = told_clinic(prediction(Label.PRE_B, (Label.BENIGN,)))
    assert "Prediction set: Pre-B ALL, Benign (hematogones) (UNCERTAIN: have it read first)" in text


def test_the_clinic_reads_why_an_upload_was_rejected_and_what_to_do():
    text = told_clinic(rejection(Reason.BLURRED))
    assert "(blurred)" in text and "The image is blurred: focus again." in text
    assert "Class:" not in text


def test_of_a_key_that_breaks_the_contract_the_clinic_reads_neither_key_nor_link():
    text = clinic_text(record(unreadable_result("uploads/clinic-7/Jane Doe/smear.jpg")), PAGE)
    assert "Jane" not in text and PAGE not in text
    assert "(invalid_key)" in text


@pytest.mark.parametrize("label", LABELS)
def test_the_patient_reads_what_was_found_in_plain_words_and_that_it_is_no_diagnosis(label: Label):
    text = told_patient(prediction(label))
    assert (LEUKEMIA if WORDS[label].malignant else HARMLESS) in text
    assert "not a diagnosis" in text
    assert WORDS[label].title not in text and "%" not in text


@pytest.mark.parametrize("label", MALIGNANT)
def test_a_patient_with_a_malignant_finding_is_sent_to_a_specialist_soon(label: Label):
    text = told_patient(prediction(label))
    assert "see a specialist" in text and "soon" in text


def test_a_patient_with_a_benign_finding_is_not_sent_to_a_specialist():
    assert "specialist" not in told_patient(prediction(Label.BENIGN))


def test_a_patient_with_an_uncertain_image_reads_that_a_doctor_looks_first():
    text = told_patient(prediction(Label.BENIGN, (Label.PRE_B,)))
    assert "A doctor will look at the image first" in text
    assert "not certain" in text
    assert HARMLESS in text and LEUKEMIA in text


def test_which_kind_of_the_disease_is_open_does_not_make_the_finding_sound_open():
    text = told_patient(prediction(Label.PRE_B, (Label.PRO_B,)))
    assert "not certain" not in text and "see a specialist" in text and "A doctor will look" in text


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("others", [(), (Label.BENIGN,), (Label.PRO_B,)], ids=["certain", "or benign", "or pro-b"])
def test_no_patient_is_left_without_a_next_step(label: Label, others: tuple[Label, ...]):
    text = told_patient(prediction(label, tuple(other for other in others if other is not label)))
    assert "see a specialist" in text or "Your clinic will tell you" in text


def test_of_a_screened_image_the_clinic_reads_two_probabilities_and_that_no_kind_was_looked_for():
    text = told_clinic(screening(Label.MALIGNANT))
    assert "Class: Malignant (acute lymphoblastic leukemia)" in text
    assert "Malignant (acute lymphoblastic leukemia): 97.00%" in text and "Benign (hematogones): 3.00%" in text
    assert text.count(".00%") == 2
    assert "Screening: benign or malignant alone" in text and "not a diagnosis" in text


def test_of_an_image_read_for_all_four_classes_the_clinic_reads_nothing_of_screening():
    assert "creening" not in told_clinic(prediction())


@pytest.mark.parametrize("answer", [screening(), screening(Label.BENIGN, (Label.MALIGNANT,))])
def test_nobody_reads_a_kind_of_leukemia_from_a_screening_model(answer):
    assert not any(kind in told_clinic(answer) + told_patient(answer) for kind in SUBTYPES)


def test_the_patient_of_a_screened_image_reads_the_finding_and_the_next_step():
    malignant, benign = told_patient(screening(Label.MALIGNANT)), told_patient(screening(Label.BENIGN))
    assert "blood cancer" in malignant and "see a specialist" in malignant and "not a diagnosis" in malignant
    assert "harmless" in benign and "specialist" not in benign
    assert "not certain" in told_patient(screening(Label.BENIGN, (Label.MALIGNANT,), 0.6))


@pytest.mark.parametrize("language", Language)
def test_where_a_clinician_has_signed_the_patient_is_told_what_the_clinician_saw(language: Language):
    words = catalogue(language)
    text = patient_text(
        record(result(prediction(Label.PRE_B, (Label.BENIGN,))), signed_off=sign_off(Label.BENIGN)), language
    )
    assert words.say("patient.signed", finding=words.say("findings.harmless")) in text
    assert words.say("patient.next_benign") in text
    assert words.say("findings.leukemia") not in text and words.say("patient.looked_at_first") not in text


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("language", Language)
def test_the_clinic_reads_how_the_patient_hears_of_a_prediction(language: Language, reach: Reach):
    told = clinic_text(record(), PAGE, language, reach)
    assert catalogue(language).say(f"reach.{reach}") in told


@pytest.mark.parametrize("language", Language)
def test_of_a_rejected_image_no_patient_is_spoken_of(language: Language):
    told = clinic_text(record(result(rejection())), PAGE, language, Reach.NOBODY)
    assert catalogue(language).say("reach.nobody") not in told


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", Language)
def test_of_every_rejection_the_clinic_reads_what_to_do_with_the_microscope(language: Language, reason: Reason):
    words = catalogue(language)
    told = clinic_text(record(result(rejection(reason))), PAGE, language)
    assert words.say("clinic.do", do=words.say(f"reasons.{reason}.do")) in told
    assert words.say(f"reasons.{reason}.what") in told


def test_german_numbers_have_a_comma():
    told = clinic_text(record(result(prediction())), PAGE, Language.GERMAN)
    assert "97,00 %" in told and "Helligkeit 0,71" in told


@pytest.mark.parametrize("language", Language)
def test_a_patient_who_was_told_something_else_reads_that_it_does_not_hold(language: Language):
    words = catalogue(language)
    stored = replace(record(signed_off=sign_off(Label.BENIGN)), heard=Finding.LEUKEMIA)
    assert words.say("patient.corrected") in patient_text(stored, language)
    assert words.say("patient.corrected") in patient_gist(stored, language)
    assert words.say("findings.leukemia") not in patient_text(stored, language)


@pytest.mark.parametrize("heard", [Finding.HARMLESS, Finding.UNCERTAIN, None])
def test_nothing_is_taken_back_that_was_not_said(heard: Finding | None):
    stored = replace(record(signed_off=sign_off(Label.BENIGN)), heard=heard)
    assert catalogue(Language.ENGLISH).say("patient.corrected") not in patient_text(stored)
