import base64
import json
from dataclasses import replace

import pytest

from blastlens.cloud.tables.results import InvalidCursor, WorklistCursor
from blastlens.domain.field import Caution
from blastlens.domain.result import Artifacts
from blastlens.functions.responses import decode_cursor, encode_cursor, record_view
from tests.answers import (
    TAKEN,
    field_summary,
    prediction,
    record,
    rejection,
    result,
    screening,
    sign_off,
    unreadable_result,
)

PLACE = WorklistCursor("clinic-7/patient-41/upload-0001", "v1#5f", "2026-11-22T12:00:00.000Z")


def test_a_place_is_read_back_from_its_text_which_may_stand_in_an_address():
    text = encode_cursor(PLACE)
    assert decode_cursor(text) == PLACE
    assert all(character.isalnum() or character in "-_=" for character in text)


@pytest.mark.parametrize("inside", [b"", b"null", b"[]", b'["a", "b"]', b'["a", "b", 3]', b'["a", "b", ""]', b"\xff"])
def test_a_text_that_holds_no_place_is_refused(inside: bytes):
    with pytest.raises(InvalidCursor):
        decode_cursor(base64.urlsafe_b64encode(inside).decode())


@pytest.mark.parametrize("text", ["", "?", "é", "a"])
def test_a_text_that_was_never_handed_out_is_refused(text: str):
    with pytest.raises(InvalidCursor):
        decode_cursor(text)


def test_the_view_of_a_signed_record_does_not_show_the_identity_the_cloud_saw():
    assert "arn:" not in json.dumps(record_view(record(signed_off=sign_off())))


@pytest.mark.parametrize("answer", [prediction(), screening()])
def test_the_view_of_a_prediction_shows_the_probabilities_of_the_models_own_classes(answer):
    view = record_view(record(result(answer)))
    assert view["probabilities"] == {str(label): answer.probabilities[label] for label in answer.labels}


@pytest.mark.parametrize("answer", [prediction(), rejection()])
def test_the_view_of_an_answer_shows_what_was_read_of_its_field(answer):
    assert record_view(record(result(answer)))["field"] is None
    field = replace(field_summary(Caution.FEW_CELLS, um=None), windows=0)
    assert record_view(record(result(replace(answer, field=field))))["field"] == {
        "pixel_size_um": None,
        "pixel_size_from": "red_cells",
        "pixel_size_error": 0.15,
        "windows": 0,
        "white_cells": 24,
        "unnamed_cells": 2,
        "blasts": 0,
        "kinds": {"benign": 22, "other_white": 2},
        "uncertain_cells": 3,
        "cautions": ["few_cells"],
    }


def test_the_view_shows_when_the_image_was_taken():
    assert record_view(record(result(taken_at=TAKEN)))["taken_at"] == "2026-11-20T09:30:15.250Z"
    assert record_view(record())["taken_at"] is None


def test_a_record_without_an_upload_is_shown_without_ids():
    view = record_view(record(unreadable_result()))
    assert (view["clinic_id"], view["patient_id"], view["upload_id"]) == (None, None, None)
    assert view["reason"] == "invalid_key"


def test_every_picture_is_named_and_one_that_there_is_not_is_null():
    pictured = replace(result(), artifacts=Artifacts("a/segmented.png", "a/overlay.png"))
    view = record_view(record(pictured))
    assert view["artifacts"] == {
        "segmented": "a/segmented.png",
        "overlay": "a/overlay.png",
        "heat": None,
        "cells": None,
    }
