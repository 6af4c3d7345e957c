from dataclasses import replace
from datetime import timedelta

import pytest

from blastlens.domain.record import sort_newest_first
from blastlens.domain.upload import Upload
from tests.answers import NOON, UPLOAD, prediction, record, rejection, result


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
