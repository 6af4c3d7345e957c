import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeSerializer

from blastlens.cloud.tables.attributes import from_dynamodb, to_dynamodb
from blastlens.cloud.tables.items import item_of, record_of, text_of_time, time_of_text
from blastlens.domain.field import UNKNOWN_PIXEL_SIZE, Caution, FieldSummary, PixelSizeSource
from blastlens.domain.labels import LABELS, Label
from blastlens.domain.prediction import Prediction
from blastlens.domain.record import Audience
from blastlens.domain.result import Artifacts
from tests.answers import (
    MODEL,
    NOON,
    QUALITY,
    TAKEN,
    field_summary,
    prediction,
    rejection,
    result,
    screening,
    sign_off,
    unreadable_result,
    verdict,
)
from tests.old_records import sign_off_part

STORED = [
    result(prediction(Label.PRO_B, (Label.PRE_B,))),
    replace(result(), artifacts=Artifacts("artifacts/a.png", "artifacts/b.png", "artifacts/c.png")),
    result(screening(Label.MALIGNANT, (Label.BENIGN,), 0.75)),
    result(rejection()),
    result(replace(rejection(), quality=None)),
    result(replace(prediction(), field=field_summary(Caution.FEW_CELLS, Caution.AREA_LEFT_OUT))),
    result(replace(rejection(), field=FieldSummary(UNKNOWN_PIXEL_SIZE, 0, 0))),
    replace(result(), edge=verdict(Label.MALIGNANT, Label.BENIGN)),
]


@pytest.mark.parametrize(
    "stored",
    STORED,
    ids=[
        "uncertain",
        "with pictures",
        "screened",
        "rejected",
        "rejected unmeasured",
        "field",
        "unknown scale",
        "screened before",
    ],
)
def test_what_is_stored_is_what_is_read(stored):
    record = record_of(from_dynamodb(to_dynamodb(item_of(stored))))
    assert record.result == stored
    assert (record.id, record.notified, record.signed_off) == (stored.id, {}, None)


def test_a_verdict_adds_one_attribute_to_a_record_and_changes_no_other():
    item, plain = item_of(replace(result(), edge=verdict(Label.BENIGN))), item_of(result())
    assert item.pop("edge") == {
        "digest": "7a" * 32,
        "probabilities": {"benign": Decimal("0.9"), "malignant": Decimal("0.1")},
        "set": ["benign"],
    }
    assert item == plain and record_of(plain).result.edge is None


@pytest.mark.parametrize("change", [{"set": ["of_a_later_version"]}, {"probabilities": {"other": Decimal(1)}}])
def test_a_record_whose_verdict_is_of_a_later_version_is_read_without_it(change):
    item = item_of(replace(result(), edge=verdict(Label.BENIGN)))
    assert record_of(item | {"edge": item["edge"] | change}).result == result()


def test_a_record_of_before_there_was_heat_is_still_read():
    item = item_of(result()) | {"artifacts": {"segmented": "artifacts/a.png", "overlay": "artifacts/b.png"}}
    assert record_of(item).result.artifacts == Artifacts("artifacts/a.png", "artifacts/b.png", heat=None)


def test_a_record_of_a_later_version_is_read_without_what_only_that_one_knows():
    item = item_of(result())
    for part, value in (("quality", Decimal("0.5")), ("artifacts", "artifacts/d.png"), ("model", "later")):
        item[part] = item[part] | {"of_a_later_version": value}
    assert record_of(item).result == result()


def test_a_record_of_before_there_were_fields_is_still_read():
    assert record_of(item_of(result())).result.answer.field is None


def test_the_time_an_image_was_taken_is_stored_where_it_is_known():
    item = item_of(result(taken_at=TAKEN))
    assert item["taken_at"] == "2026-11-20T09:30:15.250Z"
    assert record_of(item).result.taken_at == TAKEN
    assert "taken_at" not in item_of(result()) and record_of(item_of(result())).result.taken_at is None


def test_a_field_of_a_later_version_is_read_without_what_only_that_one_knows():
    item = item_of(result(replace(prediction(), field=field_summary(Caution.FEW_CELLS))))
    item |= {"pixel_size_from": "barcode", "cautions": ["few_cells", "of_a_later_version"]}
    field = record_of(item).result.answer.field
    assert field is not None
    assert (field.pixel_size.source, field.cautions) == (PixelSizeSource.UNKNOWN, (Caution.FEW_CELLS,))


def test_a_field_is_stored_beside_the_answer_by_the_data_contract():
    item = item_of(result(replace(prediction(), field=field_summary(Caution.UNNAMED_CELLS))))
    assert (item["pixel_size_um"], item["pixel_size_from"]) == (Decimal("0.25"), "red_cells")
    assert (item["windows"], item["white_cells"], item["cautions"]) == (9, 24, ["unnamed_cells"])


def test_an_item_has_the_attributes_of_the_data_contract():
    item = item_of(result(prediction(Label.PRE_B)))
    assert item["upload"] == "clinic-7/patient-41/upload-0001"
    assert item["reading"] == f"v1#{MODEL.digest}"
    assert (item["status"], item["label"], item["prediction_set"]) == ("CLASSIFIED", "pre_b", ["pre_b"])
    assert item["probabilities"]["pre_b"] == Decimal("0.97")
    assert item["model"] == {"name": "fusion", "version": "1.0.0", "digest": MODEL.digest}
    assert item["uploaded_at"] == "2026-11-22T12:00:00.000Z"
    assert "reason" not in item and "message" not in item


def test_a_screened_image_is_stored_with_its_two_probabilities():
    item = item_of(result(screening(Label.MALIGNANT, probability=0.75)))
    assert (item["label"], item["prediction_set"]) == ("malignant", ["malignant"])
    assert item["probabilities"] == {"benign": Decimal("0.25"), "malignant": Decimal("0.75")}


def test_a_clinicians_malignant_is_read_back():
    item = item_of(result(screening())) | {"signed_off": sign_off_part(sign_off(Label.MALIGNANT))}
    assert record_of(item).signed_off == sign_off(Label.MALIGNANT)


def test_a_rejection_stores_its_reason_and_its_sentence_and_no_label():
    item = item_of(result(rejection()))
    assert (item["status"], item["reason"]) == ("REJECTED", "blurred")
    assert item["message"] == "The image is blurred: focus again."
    assert not {"label", "probabilities", "prediction_set"} & item.keys()


def test_nothing_of_a_key_that_breaks_the_contract_is_stored():
    item = item_of(unreadable_result("uploads/clinic-7/Jane Doe/smear.jpg"))
    assert "Jane" not in repr(item)
    assert not {"object_key", "clinic_id", "patient_id", "upload_id"} & item.keys()


def test_a_record_without_its_key_is_read_back_with_its_own_identity():
    stored = unreadable_result()
    record = record_of(item_of(stored))
    assert record.id == stored.id
    assert (record.result.upload, record.result.source.key) == (None, "")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_not_stored(value: float):
    with pytest.raises(ValueError, match="quality focus is"):
        item_of(result(replace(prediction(), quality=replace(QUALITY, focus=value))))


def test_a_probability_however_small_is_one_that_dynamodb_takes():
    tiny = Prediction(
        Label.BENIGN, dict.fromkeys(LABELS, 1e-300) | {Label.BENIGN: 1.0}, (Label.BENIGN,), QUALITY, MODEL
    )
    TypeSerializer().serialize(item_of(result(tiny)))


def test_notifications_and_sign_off_are_read_back():
    item = item_of(result()) | {"told": {"clinic": text_of_time(NOON)}, "signed_off": sign_off_part(sign_off())}
    record = record_of(item)
    assert record.notified == {Audience.CLINIC: NOON}
    assert record.signed_off == sign_off()


def test_times_are_texts_of_one_length_in_utc_that_sort_as_the_times_do():
    times = [NOON, NOON + timedelta(milliseconds=7), NOON + timedelta(hours=1)]
    texts = [text_of_time(time) for time in times]
    assert texts == sorted(texts)
    assert {len(text) for text in texts} == {24}
    assert [time_of_text(text) for text in texts] == times


def test_a_time_of_another_zone_is_stored_in_utc():
    tehran = timezone(timedelta(hours=3, minutes=30))
    assert text_of_time(datetime(2026, 1, 1, 3, 30, tzinfo=tehran)) == "2026-01-01T00:00:00.000Z"
    assert time_of_text("2026-01-01T00:00:00.000Z").tzinfo == UTC
