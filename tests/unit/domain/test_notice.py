import json
from typing import Any

import pytest

from blastlens.domain.examination import Examination, ExaminationStatus, Meaning
from blastlens.domain.fhir import make_diagnostic_report
from blastlens.domain.labels import WORDS, Label
from blastlens.domain.notice import (
    MAX_MESSAGE_BYTES,
    STATUSES,
    Notice,
    make_clinic_notice,
    make_patient_notice,
    make_phone_gone_notice,
    make_report_notice,
    make_test_notice,
)
from blastlens.domain.notification_plan import NoticeOptions, PatientRelease
from blastlens.domain.push import MAX_PUSH_BYTES, measure_push
from blastlens.domain.record import Audience
from blastlens.domain.signature import Conclusion
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import PAGE, TAKEN
from tests.examinations import OTHERS, examination, signature, totals
from tests.unit.domain.test_texts import answers, late, signed

ANSWERS = [one for _, one in answers()]
SIGNED = [signed(one) for one in Conclusion]
HELD = examination(ExaminationStatus.OPEN, counted=totals(shared_with=OTHERS))
LATE = late(signature())
INSIDE = {"email", "email-json", "sqs", "lambda", "firehose"}
SHOWN = {"default", "sms", "GCM", "APNS", "APNS_SANDBOX"}


def clinic_notice(one: Examination | None = None, language: Language = Language.ENGLISH) -> Notice:
    given = one or examination()
    meaning = given.meaning_for(Audience.CLINIC, PatientRelease.AFTER_SIGN_OFF)
    assert meaning is not None
    return make_clinic_notice(given, meaning, PAGE, NoticeOptions(language))


def patient_notice(one: Examination | None = None, language: Language = Language.ENGLISH) -> Notice:
    given = one or signed(Conclusion.PRE_B)
    meaning = given.meaning_for(Audience.PATIENT, PatientRelease.AUTOMATIC)
    assert meaning is not None
    return make_patient_notice(given, meaning, language)


def push_data(notice: Notice) -> Any:
    return json.loads(notice.bodies["GCM"])["fcmV1Message"]["message"]


def test_a_notice_has_a_body_for_each_kind_of_subscriber():
    assert set(clinic_notice().bodies) == SHOWN | INSIDE
    assert set(patient_notice().bodies) == SHOWN


@pytest.mark.parametrize("notice", [clinic_notice(), patient_notice()])
def test_the_message_is_json_whose_bodies_are_all_texts(notice: Notice):
    bodies = json.loads(notice.message)
    assert bodies == dict(notice.bodies)
    assert all(isinstance(body, str) for body in bodies.values())


@pytest.mark.parametrize("notice", [clinic_notice(), patient_notice()])
def test_the_bodies_for_phones_are_json_in_the_form_that_each_platform_reads(notice: Notice):
    message, apple = push_data(notice), json.loads(notice.bodies["APNS"])
    assert message["notification"].keys() == {"title", "body"} == apple["aps"]["alert"].keys()
    assert message["data"]["examination_id"] == apple["examination_id"] == "examination-1"
    assert message["android"] == {"priority": "high"}


@pytest.mark.parametrize("one", [*ANSWERS, HELD, LATE])
def test_subject_and_attributes_contain_neither_result_nor_person(one: Examination):
    for notice in [clinic_notice(one), make_phone_gone_notice(one, Language.ENGLISH)]:
        seen = " ".join([notice.subject, *notice.attributes.values()])
        assert "patient-41" not in seen
        assert not any(words.title in seen for words in WORDS.values())
        assert not any(str(label) in seen for label in Label)


def test_every_answer_has_the_same_subject():
    assert len({clinic_notice(one).subject for one in ANSWERS}) == 1


@pytest.mark.parametrize(
    ("one", "status"),
    [(examination(), "READY"), (examination(ExaminationStatus.INSUFFICIENT), "INSUFFICIENT"), (HELD, "HELD")],
)
def test_subscribers_may_filter_by_clinic_examination_and_status(one: Examination, status: str):
    assert clinic_notice(one).attributes == {
        "clinic_id": "clinic-7",
        "examination_id": "examination-1",
        "upload_id": "examination-1",
        "status": status,
    }


def test_every_notice_has_a_status_that_is_listed():
    notices = [clinic_notice(one) for one in (*ANSWERS, HELD, LATE)]
    notices += [make_report_notice(one, Language.ENGLISH) for one in (*SIGNED, signed(None))]
    assert {one.attributes["status"] for one in notices} <= set(STATUSES)


@pytest.mark.parametrize("language", Language)
def test_every_subject_is_one_that_sns_takes(language: Language):
    subjects = [text for key, text in load_catalogue(language).texts.items() if key.endswith(".subject")]
    assert len(subjects) == 8
    assert all(one.isascii() and one.isprintable() and len(one) < 100 for one in subjects)


@pytest.mark.parametrize("language", Language)
def test_no_push_message_sms_or_plain_connection_carries_a_result(language: Language):
    texts = load_catalogue(language).texts
    secret = [text for key, text in texts.items() if key.startswith(("titles.", "findings.", "urgency."))]
    for notices in (
        [clinic_notice(one, language) for one in ANSWERS],
        [patient_notice(one, language) for one in SIGNED],
        [make_report_notice(one, language) for one in (*SIGNED, signed(None))],
    ):
        seen = [{name: body for name, body in one.bodies.items() if name in SHOWN} for one in notices]
        assert all(one == seen[0] for one in seen)
        told = [str(json.loads(body)) if body.startswith("{") else body for body in seen[0].values()]
        assert not any(word in body for word in [*secret, "patient-41"] for body in told)


@pytest.mark.parametrize("language", Language)
def test_what_a_clinic_reads_outside_of_its_mail_is_the_same_of_every_answer_and_names_nobody(language: Language):
    for one in (HELD, LATE):
        notice = clinic_notice(one, language)
        assert all("patient-41" not in notice.bodies[name] for name in SHOWN)
        assert "patient-41" in notice.bodies["email"]


@pytest.mark.parametrize("language", Language)
def test_a_message_to_the_patient_says_that_there_is_a_result_and_that_the_clinic_explains_it(language: Language):
    notice, words = patient_notice(language=language), load_catalogue(language)
    when = words.fill("when.one", time=words.format_date(TAKEN))
    text = words.fill("patient.lock_screen", when=when)
    assert notice.bodies["default"] == push_data(notice)["data"]["text"] == text
    assert notice.bodies["sms"] == f"blastlens: {text}"
    assert "Your clinic will explain it" in load_catalogue(Language.ENGLISH).fill("patient.lock_screen", when="")


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_a_connected_system_of_the_clinics_topic_reads_that_there_is_an_answer_and_where_it_is(protocol: str):
    assert protocol not in clinic_notice().bodies
    assert "The clinic's e-mail has it" in clinic_notice().bodies["default"]


@pytest.mark.parametrize("one", [*SIGNED, signed(None)])
def test_a_system_receives_the_report_of_a_signed_examination_as_fhir(one: Examination):
    notice = make_report_notice(one, Language.ENGLISH)
    assert json.loads(notice.bodies["https"]) == make_diagnostic_report(one)
    assert "http" not in notice.bodies and "email" not in notice.bodies
    assert notice.attributes["status"] == str(one.status)


@pytest.mark.parametrize("one", [*ANSWERS, HELD])
def test_no_system_receives_what_nobody_has_signed(one: Examination):
    with pytest.raises(ValueError, match="nobody has signed"):
        make_report_notice(one, Language.ENGLISH)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("one", [*SIGNED, signed(None)])
def test_every_push_is_one_that_phones_take(one: Examination, language: Language):
    notice = patient_notice(one, language)
    assert 0 < measure_push(notice.bodies) < MAX_PUSH_BYTES / 2
    assert len(notice.bodies["sms"]) < 600


def test_a_push_larger_than_phones_take_is_not_made():
    with pytest.raises(ValueError, match="phones accept"):
        Notice(Audience.PATIENT, "subject", {"default": "x", "GCM": "x" * (MAX_PUSH_BYTES + 1)}, {})


@pytest.mark.parametrize("language", Language)
def test_a_test_notice_is_marked_as_a_test_everywhere(language: Language):
    notice = make_test_notice("clinic-7", language)
    expected = {"clinic_id": "clinic-7", "examination_id": "test", "upload_id": "test", "status": "TEST"}
    assert notice.attributes == expected
    assert all("TEST" in text for text in (notice.subject, *notice.bodies.values()))


@pytest.mark.parametrize("language", Language)
def test_the_notice_of_a_lost_phone_names_the_patient_only_in_its_body(language: Language):
    notice = make_phone_gone_notice(examination(), language)
    assert "patient-41" in notice.bodies["email"]
    assert all("patient-41" not in text for text in (notice.subject, *(notice.bodies[name] for name in SHOWN)))


def test_a_notice_larger_than_sns_takes_is_not_made():
    with pytest.raises(ValueError, match="bytes"):
        Notice(Audience.CLINIC, "subject", {"default": "x" * MAX_MESSAGE_BYTES}, {})


@pytest.mark.parametrize("one", [*ANSWERS, HELD, LATE])
def test_every_notice_is_far_smaller_than_sns_takes(one: Examination):
    assert len(clinic_notice(one).message.encode()) < MAX_MESSAGE_BYTES / 5


def test_a_held_examination_and_late_fields_have_subjects_of_their_own():
    assert len({clinic_notice(one).subject for one in (examination(), HELD, LATE)}) == 3
    assert make_clinic_notice(LATE, Meaning.LATE_FIELD, None).attributes["status"] == "LATE_FIELD"
