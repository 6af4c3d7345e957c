import json

import pytest

from blastlens.domain.labels import LABELS, SCREENING_LABELS, WORDS, Label
from blastlens.domain.notice import MAX_MESSAGE_BYTES, Notice, notice_for
from blastlens.domain.prediction import Answer
from blastlens.domain.record import Audience
from tests.answers import PAGE, prediction, record, rejection, result, screening, unreadable_result

BOTH = pytest.mark.parametrize("audience", Audience)
PREDICTIONS = [*(prediction(label) for label in LABELS), *(screening(label) for label in SCREENING_LABELS)]
ANSWERS: list[Answer] = [
    *PREDICTIONS,
    prediction(Label.BENIGN, (Label.PRO_B,)),
    rejection(),
]


def told(audience: Audience, answer: Answer | None = None) -> Notice:
    return notice_for(audience, record(result(answer)), PAGE)


@BOTH
def test_a_notice_has_a_body_for_each_kind_of_subscriber(audience: Audience):
    assert set(told(audience).bodies) == {"default", "email", "sms", "GCM", "APNS", "APNS_SANDBOX"}


@BOTH
def test_the_message_is_json_whose_bodies_are_all_texts(audience: Audience):
    bodies = json.loads(told(audience).message)
    assert bodies == dict(told(audience).bodies)
    assert all(isinstance(body, str) for body in bodies.values())


@BOTH
def test_the_body_for_android_is_json_in_the_form_of_fcm_version_1(audience: Audience):
    message = json.loads(told(audience).bodies["GCM"])["fcmV1Message"]["message"]
    assert message["notification"].keys() == {"title", "body"}
    assert message["data"] == {"upload_id": "upload-0001"}


@BOTH
def test_the_body_for_apple_is_json_with_an_alert(audience: Audience):
    message = json.loads(told(audience).bodies["APNS"])
    assert message["aps"]["alert"].keys() == {"title", "body"}
    assert message["upload_id"] == "upload-0001"


@pytest.mark.parametrize("protocol", ["GCM", "APNS", "APNS_SANDBOX", "sms"])
@pytest.mark.parametrize("audience", Audience)
def test_the_lock_screen_is_the_same_for_every_prediction(audience: Audience, protocol: str):
    assert len({told(audience, answer).bodies[protocol] for answer in PREDICTIONS}) == 1


@pytest.mark.parametrize("answer", ANSWERS)
def test_neither_subject_nor_attributes_tell_of_the_result_or_of_a_person(answer: Answer):
    audiences = record(result(answer)).owed
    for notice in (told(audience, answer) for audience in audiences):
        seen = " ".join([notice.subject, *notice.attributes.values()])
        assert "patient-41" not in seen
        assert not any(words.title in seen or words.plain in seen for words in WORDS.values())
        assert not any(str(label) in seen for label in Label)


def test_every_answer_has_the_same_subject_for_an_audience():
    assert len({told(Audience.CLINIC, answer).subject for answer in ANSWERS}) == 1


def test_subscribers_may_filter_by_clinic_upload_and_status():
    assert told(Audience.CLINIC).attributes == {
        "clinic_id": "clinic-7",
        "upload_id": "upload-0001",
        "status": "CLASSIFIED",
    }


def test_an_upload_of_no_known_clinic_carries_no_clinic_and_a_hash_for_its_id():
    attributes = notice_for(Audience.CLINIC, record(unreadable_result()), PAGE).attributes
    assert attributes.keys() == {"upload_id", "status"}
    assert len(attributes["upload_id"]) == 64


@BOTH
def test_the_subject_is_one_that_sns_takes(audience: Audience):
    subject = told(audience).subject
    assert subject.isascii() and subject.isprintable() and len(subject) < 100


def test_a_patient_is_told_nothing_of_a_rejected_upload():
    with pytest.raises(ValueError, match="predictions alone"):
        told(Audience.PATIENT, rejection())


def test_a_notice_larger_than_sns_takes_is_not_made():
    with pytest.raises(ValueError, match="bytes"):
        Notice(Audience.CLINIC, "subject", {"default": "x" * MAX_MESSAGE_BYTES}, {})


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_notice_is_far_smaller_than_sns_takes(answer: Answer):
    assert len(told(Audience.CLINIC, answer).message.encode()) < MAX_MESSAGE_BYTES / 10
