import json
from dataclasses import replace

import pytest

from blastlens.domain.finding import Finding
from blastlens.domain.labels import LABELS, SCREENING_LABELS, WORDS, Label
from blastlens.domain.notice import MAX_MESSAGE_BYTES, Notice, make_notice, make_phone_gone_notice, make_test_notice
from blastlens.domain.notification_plan import NoticeOptions
from blastlens.domain.prediction import Answer
from blastlens.domain.push import MAX_PUSH_BYTES, measure_push
from blastlens.domain.record import Audience
from blastlens.domain.text_catalogue import Language, load_catalogue
from tests.answers import NOON, PAGE, prediction, record, rejection, result, screening, sign_off, unreadable_result

BOTH = pytest.mark.parametrize("audience", Audience)
PREDICTIONS = [*(prediction(label) for label in LABELS), *(screening(label) for label in SCREENING_LABELS)]
ANSWERS: list[Answer] = [
    *PREDICTIONS,
    prediction(Label.BENIGN, (Label.PRO_B,)),
    rejection(),
]


def shown(notice: Notice, protocol: str) -> str:
    """What appears on a lock screen."""
    body = notice.bodies[protocol]
    if protocol == "sms":
        return body
    message = json.loads(body)
    return str(message["fcmV1Message"]["message"]["notification"] if protocol == "GCM" else message["aps"])


def notice_of(audience: Audience, answer: Answer | None = None) -> Notice:
    return make_notice(audience, record(result(answer)), PAGE)


@BOTH
def test_a_notice_has_a_body_for_each_kind_of_subscriber(audience: Audience):
    inside = {"email", "email-json", "sqs", "lambda", "firehose", "https"}
    own = {Audience.CLINIC: inside, Audience.PATIENT: set()}[audience]
    assert set(notice_of(audience).bodies) == {"default", "sms", "GCM", "APNS", "APNS_SANDBOX"} | own


@BOTH
def test_the_message_is_json_whose_bodies_are_all_texts(audience: Audience):
    bodies = json.loads(notice_of(audience).message)
    assert bodies == dict(notice_of(audience).bodies)
    assert all(isinstance(body, str) for body in bodies.values())


@BOTH
def test_the_body_for_android_is_json_in_the_form_of_fcm_version_1(audience: Audience):
    message = json.loads(notice_of(audience).bodies["GCM"])["fcmV1Message"]["message"]
    assert message["notification"].keys() == {"title", "body"}
    assert message["data"]["upload_id"] == "upload-0001"
    assert message["android"] == {"priority": "high"}


@BOTH
def test_the_body_for_apple_is_json_with_an_alert(audience: Audience):
    message = json.loads(notice_of(audience).bodies["APNS"])
    assert message["aps"]["alert"].keys() == {"title", "body"}
    assert message["upload_id"] == "upload-0001"


@pytest.mark.parametrize("protocol", ["GCM", "APNS", "APNS_SANDBOX", "sms"])
@pytest.mark.parametrize("audience", Audience)
def test_the_lock_screen_is_the_same_for_every_prediction(audience: Audience, protocol: str):
    assert len({shown(notice_of(audience, answer), protocol) for answer in PREDICTIONS}) == 1


@pytest.mark.parametrize("answer", ANSWERS)
def test_subject_and_attributes_contain_neither_result_nor_person(answer: Answer):
    audiences = record(result(answer)).owed
    for notice in (notice_of(audience, answer) for audience in audiences):
        seen = " ".join([notice.subject, *notice.attributes.values()])
        assert "patient-41" not in seen
        assert not any(words.title in seen for words in WORDS.values())
        assert not any(str(label) in seen for label in Label)


def test_every_answer_has_the_same_subject_for_an_audience():
    assert len({notice_of(Audience.CLINIC, answer).subject for answer in ANSWERS}) == 1


def test_subscribers_may_filter_by_clinic_upload_and_status():
    assert notice_of(Audience.CLINIC).attributes == {
        "clinic_id": "clinic-7",
        "upload_id": "upload-0001",
        "status": "CLASSIFIED",
    }


def test_an_upload_of_no_known_clinic_carries_no_clinic_and_a_hash_for_its_id():
    attributes = make_notice(Audience.CLINIC, record(unreadable_result()), PAGE).attributes
    assert attributes.keys() == {"upload_id", "status"}
    assert len(attributes["upload_id"]) == 64


@pytest.mark.parametrize("language", Language)
def test_every_subject_is_one_that_sns_takes(language: Language):
    subjects = [text for key, text in load_catalogue(language).texts.items() if key.endswith(".subject")]
    assert len(subjects) == 5
    assert all(one.isascii() and one.isprintable() and len(one) < 100 for one in subjects)


ENCRYPTED = {"email", "email-json", "sqs", "lambda", "firehose", "https"}


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("audience", Audience)
def test_no_push_message_sms_or_plain_http_subscriber_receives_a_result(audience: Audience, language: Language):
    stored = [record(result(answer)) for answer in PREDICTIONS]
    stored += [record(signed_off=sign_off(label)) for label in (Label.BENIGN, Label.PRE_B)]
    notices = [make_notice(audience, one, PAGE, NoticeOptions(language)) for one in stored]
    seen = [{protocol: body for protocol, body in one.bodies.items() if protocol not in ENCRYPTED} for one in notices]
    assert all(one == seen[0] for one in seen)
    texts = load_catalogue(language).texts
    secret = [text for key, text in texts.items() if key.startswith(("titles.", "findings.", "urgency."))]
    told = [str(json.loads(body)) if body.startswith("{") else body for body in seen[0].values()]
    assert not any(word in body for word in [*secret, "patient-41"] for body in told)


@pytest.mark.parametrize("language", Language)
def test_a_message_to_the_patient_says_that_there_is_a_result_and_that_the_clinic_explains_it(language: Language):
    notice = make_notice(Audience.PATIENT, record(), PAGE, NoticeOptions(language))
    words = load_catalogue(language)
    text = words.fill("patient.lock_screen", when=words.fill("when.uploaded", time=words.format_date(NOON)))
    data = json.loads(notice.bodies["GCM"])["fcmV1Message"]["message"]["data"]
    assert notice.bodies["default"] == data["text"] == text and notice.bodies["sms"] == f"blastlens: {text}"
    assert "Your clinic will explain it" in load_catalogue(Language.ENGLISH).fill("patient.lock_screen", when="")


def test_a_plain_http_subscriber_reads_that_there_is_an_answer_and_where_it_is():
    notice = notice_of(Audience.CLINIC)
    assert "http" not in notice.bodies and "The clinic's e-mail has it" in notice.bodies["default"]


@pytest.mark.parametrize("language", Language)
def test_the_message_of_a_correction_says_that_it_replaces_an_earlier_result(language: Language):
    stored = replace(record(signed_off=sign_off(Label.BENIGN)), reported_finding=Finding.LEUKEMIA)
    notice = make_notice(Audience.PATIENT, stored, PAGE, NoticeOptions(language))
    assert notice.bodies["default"].endswith(load_catalogue(language).fill("patient.replaces"))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("answer", [*PREDICTIONS, prediction(Label.BENIGN, (Label.PRO_B,))])
def test_every_push_is_one_that_phones_take(answer: Answer, language: Language):
    notice = make_notice(Audience.PATIENT, record(result(answer)), PAGE, NoticeOptions(language))
    assert 0 < measure_push(notice.bodies) < MAX_PUSH_BYTES / 2
    assert len(notice.bodies["sms"]) < 600


def test_a_push_larger_than_phones_take_is_not_made():
    with pytest.raises(ValueError, match="phones accept"):
        Notice(Audience.PATIENT, "subject", {"default": "x", "GCM": "x" * (MAX_PUSH_BYTES + 1)}, {})


@pytest.mark.parametrize("language", Language)
def test_a_test_notice_is_marked_as_a_test_everywhere(language: Language):
    notice = make_test_notice("clinic-7", language)
    assert notice.attributes == {"clinic_id": "clinic-7", "upload_id": "test", "status": "TEST"}
    assert all("TEST" in text for text in (notice.subject, *notice.bodies.values()))


@pytest.mark.parametrize("language", Language)
def test_the_notice_of_a_lost_phone_names_the_patient_only_in_its_body(language: Language):
    notice = make_phone_gone_notice(record(), language)
    assert "patient-41" in notice.bodies["email"]
    seen = [notice.subject, *notice.attributes.values(), *(shown(notice, one) for one in ("GCM", "APNS", "sms"))]
    assert "patient-41" not in " ".join(seen)


@pytest.mark.parametrize("answer", ANSWERS)
def test_another_system_receives_the_record_as_fhir(answer: Answer):
    report = json.loads(notice_of(Audience.CLINIC, answer).bodies["https"])
    assert report["resourceType"] == "DiagnosticReport"


def test_there_is_no_patient_notice_of_a_rejected_upload():
    with pytest.raises(ValueError, match="no message for the patient"):
        notice_of(Audience.PATIENT, rejection())


def test_a_notice_larger_than_sns_takes_is_not_made():
    with pytest.raises(ValueError, match="bytes"):
        Notice(Audience.CLINIC, "subject", {"default": "x" * MAX_MESSAGE_BYTES}, {})


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_notice_is_far_smaller_than_sns_takes(answer: Answer):
    assert len(notice_of(Audience.CLINIC, answer).message.encode()) < MAX_MESSAGE_BYTES / 10
