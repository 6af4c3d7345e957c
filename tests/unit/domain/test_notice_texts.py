from dataclasses import replace
from datetime import datetime

import pytest

from blastlens.domain.errors import Reason
from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, WORDS, Label
from blastlens.domain.notice_texts import (
    format_brief_text,
    format_clinic_text,
    format_patient_text,
    format_phone_text,
    make_result_link,
)
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification, Standing
from blastlens.domain.record import Record
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import (
    PAGE,
    TAKEN,
    UPLOAD,
    prediction,
    record,
    rejection,
    result,
    screening,
    sign_off,
    unreadable_result,
)

ENGLISH = load_catalogue(Language.ENGLISH)
HARMLESS, LEUKEMIA = ENGLISH.fill("findings.harmless"), ENGLISH.fill("findings.leukemia")
SUBTYPES = ("Early", "Pre-B", "Pro-B")
MALIGNANT = [label for label in LABELS if WORDS[label].malignant]


def patient_message(answer) -> str:
    return format_patient_text(record(result(answer)))


def clinic_message(answer):
    return format_clinic_text(record(result(answer)), PAGE)


def test_the_clinic_reads_class_probabilities_quality_and_model():
    text = clinic_message(prediction(Label.PRE_B))
    assert "Class: Pre-B ALL" in text
    assert all(
        f"{WORDS[label].title}: {percent}" in text
        for label, percent in zip(LABELS, ("1.00%", "1.00%", "97.00%", "1.00%"), strict=True)
    )
    assert "Quality: sharp, steady, well lit, clear contrast, enough stained cells (focus 312, " in text
    assert "stained 12.0%" in text
    assert "Model: fusion 1.0.0 (5f5f5f5f5f5f)" in text


def test_the_clinic_reads_that_it_is_decision_support_and_needs_a_specialist():
    text = clinic_message(prediction())
    assert "decision support, not a diagnosis" in text and "specialist" in text


def test_the_clinic_finds_the_result_by_a_link():
    assert "https://results.example/#/clinics/clinic-7/patients/patient-41/uploads/upload-0001" in clinic_message(None)


def test_without_a_page_the_notice_has_no_link():
    text = format_clinic_text(record(), None)
    assert "Open it" not in text and "http" not in text


def test_the_ids_of_a_link_stay_in_the_browser():
    assert make_result_link(PAGE, UPLOAD).partition("#")[0] == "https://results.example/"


def test_the_clinic_is_asked_to_read_an_uncertain_image_first():
    _, *lines = clinic_message(prediction(Label.PRE_B, (Label.BENIGN,))).splitlines()
    assert lines[:3] == [
        "Uncertain: have it read first",
        "Not ruled out: Benign (hematogones), Pre-B ALL",
        "Likeliest: Pre-B ALL",
    ]
    assert "Class:" not in "".join(lines) and "certain)" not in "".join(lines)


def test_the_clinic_reads_why_an_upload_was_rejected_and_what_to_do():
    text = clinic_message(rejection(Reason.BLURRED))
    assert "(blurred)" in text and "The image is blurred: focus again." in text
    assert "Class:" not in text


def test_the_notice_of_a_key_that_violates_the_contract_contains_neither_key_nor_link():
    text = format_clinic_text(record(unreadable_result("uploads/clinic-7/Jane Doe/smear.jpg")), PAGE)
    assert "Jane" not in text and PAGE not in text
    assert "(invalid_key)" in text


@pytest.mark.parametrize("label", LABELS)
def test_the_patient_reads_what_was_found_in_plain_words_and_that_it_is_not_a_diagnosis(label: Label):
    text = patient_message(prediction(label))
    assert (LEUKEMIA if WORDS[label].malignant else HARMLESS) in text
    assert "not a diagnosis" in text
    assert WORDS[label].title not in text and "%" not in text


@pytest.mark.parametrize("label", MALIGNANT)
def test_a_patient_with_a_malignant_finding_is_sent_to_a_specialist_soon(label: Label):
    text = patient_message(prediction(label))
    assert "see a specialist" in text and "soon" in text


def test_a_patient_with_a_benign_finding_is_not_sent_to_a_specialist():
    assert "specialist" not in patient_message(prediction(Label.BENIGN))


def test_a_patient_with_an_uncertain_image_reads_that_a_doctor_reads_it_first():
    text = patient_message(prediction(Label.BENIGN, (Label.PRE_B,)))
    assert "A doctor will look at the image first" in text
    assert "not certain" in text
    assert HARMLESS in text and LEUKEMIA in text


def test_which_kind_of_the_disease_is_open_does_not_make_the_finding_sound_open():
    text = patient_message(prediction(Label.PRE_B, (Label.PRO_B,)))
    assert "not certain" not in text and "see a specialist" in text and "A doctor will look" in text


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("others", [(), (Label.BENIGN,), (Label.PRO_B,)], ids=["certain", "or benign", "or pro-b"])
def test_no_patient_is_left_without_a_next_step(label: Label, others: tuple[Label, ...]):
    text = patient_message(prediction(label, tuple(other for other in others if other is not label)))
    assert "see a specialist" in text or "Your clinic will tell you" in text


def test_the_notice_of_a_screened_image_has_two_probabilities_and_explains_screening():
    text = clinic_message(screening(Label.MALIGNANT))
    assert "Class: Malignant (acute lymphoblastic leukemia)" in text
    assert "Malignant (acute lymphoblastic leukemia): 97.00%" in text and "Benign (hematogones): 3.00%" in text
    assert text.count(".00%") == 2
    assert "Screening: benign or malignant alone" in text and "not a diagnosis" in text


def test_of_an_image_read_for_all_four_classes_the_clinic_reads_nothing_of_screening():
    assert "creening" not in clinic_message(prediction())


@pytest.mark.parametrize("answer", [screening(), screening(Label.BENIGN, (Label.MALIGNANT,))])
def test_nobody_reads_a_kind_of_leukemia_from_a_screening_model(answer):
    assert not any(kind in clinic_message(answer) + patient_message(answer) for kind in SUBTYPES)


def test_the_patient_of_a_screened_image_reads_the_finding_and_the_next_step():
    malignant, benign = patient_message(screening(Label.MALIGNANT)), patient_message(screening(Label.BENIGN))
    assert "blood cancer" in malignant and "see a specialist" in malignant and "not a diagnosis" in malignant
    assert "harmless" in benign and "specialist" not in benign
    assert "not certain" in patient_message(screening(Label.BENIGN, (Label.MALIGNANT,), 0.6))


@pytest.mark.parametrize("language", Language)
def test_after_a_sign_off_the_patient_reads_the_signed_finding(language: Language):
    words = load_catalogue(language)
    text = format_patient_text(
        record(result(prediction(Label.PRE_B, (Label.BENIGN,))), signed_off=sign_off(Label.BENIGN)), language
    )
    assert words.fill("patient.signed", finding=words.fill("findings.harmless")) in text
    assert words.fill("patient.next_benign") in text
    assert words.fill("findings.leukemia") not in text and words.fill("patient.looked_at_first") not in text


@pytest.mark.parametrize("reach", PatientNotification)
@pytest.mark.parametrize("language", Language)
def test_the_clinic_reads_how_the_patient_is_notified_of_a_prediction(language: Language, reach: PatientNotification):
    text = format_clinic_text(record(), PAGE, NoticeOptions(language, reach=reach))
    assert load_catalogue(language).fill(f"reach.{reach}") in text


@pytest.mark.parametrize("language", Language)
def test_the_notice_of_a_rejected_image_does_not_mention_the_patient(language: Language):
    text = format_clinic_text(
        record(result(rejection())), PAGE, NoticeOptions(language, reach=PatientNotification.NOBODY)
    )
    assert load_catalogue(language).fill("reach.nobody") not in text


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", Language)
def test_of_every_rejection_the_clinic_reads_what_to_do_with_the_microscope(language: Language, reason: Reason):
    words = load_catalogue(language)
    text = format_clinic_text(record(result(rejection(reason))), PAGE, NoticeOptions(language))
    assert words.fill("clinic.do", do=words.fill(f"reasons.{reason}.do")) in text
    assert words.fill(f"reasons.{reason}.what") in text


def test_german_numbers_have_a_comma():
    text = format_clinic_text(record(result(prediction())), PAGE, NoticeOptions(Language.GERMAN))
    assert "97,00 %" in text and "Helligkeit 0,71" in text


@pytest.mark.parametrize("language", Language)
def test_a_patient_notified_of_another_finding_reads_that_it_is_no_longer_valid(language: Language):
    words = load_catalogue(language)
    stored = replace(record(signed_off=sign_off(Label.BENIGN)), reported_finding=Finding.LEUKEMIA)
    assert words.fill("patient.corrected") in format_patient_text(stored, language)
    assert words.fill("findings.leukemia") not in format_patient_text(stored, language)


@pytest.mark.parametrize("reported", [Finding.HARMLESS, Finding.UNCERTAIN, None])
def test_a_finding_that_was_not_sent_is_not_corrected(reported: Finding | None):
    stored = replace(record(signed_off=sign_off(Label.BENIGN)), reported_finding=reported)
    assert load_catalogue(Language.ENGLISH).fill("patient.corrected") not in format_patient_text(stored)


BENIGN_TEXTS = [
    record(result(prediction(Label.BENIGN))),
    record(result(prediction(Label.BENIGN, (Label.PRO_B,)))),
    record(result(prediction(Label.PRE_B, (Label.BENIGN,)))),
    record(result(screening(Label.BENIGN))),
    record(signed_off=sign_off(Label.BENIGN)),
]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("stored", BENIGN_TEXTS)
def test_every_text_with_a_benign_finding_says_that_it_does_not_rule_leukemia_out(stored: Record, language: Language):
    words = load_catalogue(language)
    assert words.fill("patient.benign") in format_patient_text(stored, language)
    if stored.signed_off is None:
        assert words.fill("clinic.benign") in format_clinic_text(stored, None, NoticeOptions(language))
    assert "does not rule" in ENGLISH.fill("patient.benign") and "does not rule" in ENGLISH.fill("clinic.benign")


@pytest.mark.parametrize("language", Language)
def test_a_text_with_a_malignant_finding_alone_does_not_speak_of_ruling_out(language: Language):
    words = load_catalogue(language)
    assert words.fill("patient.benign") not in format_patient_text(record(), language)
    assert words.fill("clinic.benign") not in format_clinic_text(record(), None, NoticeOptions(language))


TIMES = [
    (Language.ENGLISH, None, "uploaded on 22 November 2026"),
    (Language.ENGLISH, TAKEN, "taken on 20 November 2026"),
    (Language.GERMAN, None, "hochgeladen am 22. November 2026"),
    (Language.GERMAN, TAKEN, "aufgenommen am 20. November 2026"),
]


@pytest.mark.parametrize(("language", "taken_at", "when"), TIMES)
def test_every_text_carries_when_the_image_was_taken_or_else_uploaded(
    language: Language, taken_at: datetime | None, when: str
):
    options, stored = NoticeOptions(language), record(result(taken_at=taken_at))
    rejected = record(result(rejection(), taken_at=taken_at))
    assert when in format_clinic_text(stored, None, options).splitlines()[0]
    assert when in format_clinic_text(rejected, None, options).splitlines()[0]
    assert when in format_patient_text(stored, language)
    assert all(when in format_brief_text(kind, stored, options) for kind in ("clinic", "patient", "device_gone"))
    assert all(when in format_phone_text(kind, stored, language) for kind in ("device_gone", "untold"))


@pytest.mark.parametrize("standing", [Standing.REPLACES, Standing.REPLACED])
@pytest.mark.parametrize("language", Language)
def test_a_text_says_that_its_answer_replaces_an_earlier_one_or_is_replaced(language: Language, standing: Standing):
    words, options = load_catalogue(language), NoticeOptions(language, standing)
    assert words.fill(f"clinic.{standing}") in format_clinic_text(record(), None, options)
    assert words.fill(f"clinic.{standing}") in format_brief_text("clinic", record(), options)
    assert words.fill(f"patient.{standing}") in format_patient_text(record(), language, standing)
    assert words.fill(f"patient.{standing}") in format_brief_text("patient", record(), options)
    assert words.fill(f"clinic.{standing}") not in format_clinic_text(record(), None, NoticeOptions(language))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("others", [(Label.BENIGN,), (Label.PRO_B,)])
def test_a_set_of_several_labels_is_headed_uncertain_and_the_likeliest_label_comes_after(
    language: Language, others: tuple[Label, ...]
):
    words, stored = load_catalogue(language), record(result(prediction(Label.PRE_B, others)))
    lines = format_clinic_text(stored, PAGE, NoticeOptions(language)).splitlines()
    assert lines[1] == words.fill("uncertain.heading")
    assert lines[2].index(words.fill("titles.pre_b")) > lines[2].index(words.fill(f"titles.{others[0]}"))
    assert lines[3] == words.fill("clinic.likeliest", title=words.fill("titles.pre_b"))
    assert format_patient_text(stored, language).startswith(words.fill("uncertain.heading"))


def test_a_signed_result_is_not_headed_uncertain():
    stored = record(result(prediction(Label.PRE_B, (Label.BENIGN,))), signed_off=sign_off())
    assert "Uncertain" not in format_patient_text(stored)


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        (prediction(Label.PRE_B), "high"),
        (prediction(Label.BENIGN, (Label.PRO_B,)), "high"),
        (prediction(Label.BENIGN), "routine"),
        (rejection(), "unknown"),
    ],
)
def test_the_clinic_reads_the_urgency_and_the_patients_id(answer, level: str):
    lines = clinic_message(answer).splitlines()
    assert ENGLISH.fill(f"urgency.{level}") in lines and "Patient: patient-41" in lines
    assert f"Urgency: {level}" in clinic_message(answer)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"focus": 2.5}, "a little out of focus"),
        ({"brightness": 0.4}, "dark"),
        ({"brightness": 0.98}, "very bright"),
        ({"contrast": 0.02}, "pale"),
        ({"stained_fraction": 0.005}, "few stained cells"),
        ({"steadiness": 0.12}, "a little smeared"),
    ],
)
def test_a_measurement_near_its_limit_is_named_in_words(change: dict[str, float], word: str):
    answer = replace(prediction(), quality=replace(prediction().quality, **change))
    (line,) = [one for one in clinic_message(answer).splitlines() if one.startswith("Quality:")]
    assert word in line.partition("(")[0]
