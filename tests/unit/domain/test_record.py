from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.domain.notification_plan import Standing
from blastlens.domain.record import Audience, find_standing, sort_newest_first
from blastlens.domain.upload import Upload
from tests.answers import NOON, UPLOAD, prediction, record, rejection, result


def test_clinic_and_patient_are_notified_of_a_prediction():
    assert record(result(prediction())).owed == (Audience.CLINIC, Audience.PATIENT)


def test_only_the_clinic_is_notified_of_a_rejection():
    assert record(result(rejection())).owed == (Audience.CLINIC,)


def test_an_audience_is_notified_once():
    assert record(notified={Audience.CLINIC: NOON}).owed == (Audience.PATIENT,)
    assert record(notified={Audience.CLINIC: NOON, Audience.PATIENT: NOON}).owed == ()


@pytest.mark.parametrize(("older", "newer"), [("0A", "0B"), ("0A", "0A1"), ("0a", "0B"), ("009F", "0A")])
def test_the_newer_object_version_comes_first_though_it_was_answered_earlier(older: str, newer: str):
    late = record(result(version="old", sequencer=older, uploaded_at=NOON + timedelta(hours=1)))
    early = record(result(version="new", sequencer=newer, uploaded_at=NOON))
    assert sort_newest_first([late, early]) == [early, late]


def test_without_a_sequencer_the_time_of_the_upload_decides():
    early = record(result(version="1", sequencer="", uploaded_at=NOON))
    late = record(result(version="2", sequencer="", uploaded_at=NOON + timedelta(seconds=1)))
    assert sort_newest_first([early, late]) == [late, early]


def test_if_one_event_has_no_sequencer_the_time_of_the_upload_decides():
    early = record(result(version="1", sequencer="0A", uploaded_at=NOON))
    late = record(result(version="2", sequencer="", uploaded_at=NOON + timedelta(seconds=1)))
    assert sort_newest_first([early, late]) == [late, early]


def test_of_one_version_the_newest_answer_comes_first_whatever_time_each_took_for_the_uploads():
    # A rejection before reading knows the event's time alone, which is finer than that of the object.
    older = record(result(rejection(), uploaded_at=NOON + timedelta(milliseconds=700)))
    answer = replace(result(prediction(), uploaded_at=NOON), answered_at=NOON + timedelta(days=1))
    newer = record(answer)
    assert sort_newest_first([older, newer]) == [newer, older]


def test_sequencers_of_another_key_are_not_compared():
    png = Upload(UPLOAD.clinic_id, UPLOAD.patient_id, UPLOAD.upload_id, "png")
    early = record(result(version="1", sequencer="FF", uploaded_at=NOON))
    late = record(result(upload=png, version="2", sequencer="01", uploaded_at=NOON + timedelta(seconds=1)))
    assert sort_newest_first([early, late]) == [late, early]


OLDER, NEWER = (
    record(result(version="v1", sequencer="0A"), {Audience.PATIENT: NOON}),
    record(result(version="v2", sequencer="0B")),
)


@pytest.mark.parametrize("audience", Audience)
def test_an_answer_without_another_to_its_upload_replaces_nothing(audience: Audience):
    assert find_standing(NEWER, [NEWER], audience) is Standing.ONLY


@pytest.mark.parametrize("audience", Audience)
def test_the_newest_answer_replaces_what_an_audience_was_notified_of(audience: Audience):
    assert find_standing(NEWER, [OLDER, NEWER], audience) is Standing.REPLACES


def test_an_older_answer_is_replaced_for_the_clinic_and_for_a_patient_who_knows_the_newer():
    known = replace(NEWER, pushed=frozenset({"phone"}))
    assert find_standing(OLDER, [OLDER, NEWER], Audience.CLINIC) is Standing.REPLACED
    assert find_standing(OLDER, [OLDER, NEWER], Audience.PATIENT) is Standing.ONLY
    assert find_standing(OLDER, [OLDER, known], Audience.PATIENT) is Standing.REPLACED


def test_an_earlier_answer_that_no_patient_was_sent_is_not_replaced_for_them():
    silent = record(result(version="v1", sequencer="0A"), {Audience.CLINIC: NOON})
    assert find_standing(NEWER, [silent, NEWER], Audience.PATIENT) is Standing.ONLY
