"""Records expire after their images, and examinations after their fields."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from blastlens.cloud.tables.examination_items import examination_of
from blastlens.cloud.tables.examination_items import item_of as examination_item_of
from blastlens.cloud.tables.items import item_of, record_of
from blastlens.domain.examination_totals import total_fields
from blastlens.domain.record import Record
from blastlens.domain.retention import KEEP_EVERYTHING, Retention
from tests.answers import NOON, prediction, result
from tests.examinations import examination

DAY = timedelta(days=1)
EXPIRY = NOON + 365 * DAY


def record(upload_id: str, expires_at: datetime | None) -> Record:
    field = replace(result().source, key=f"uploads/clinic-7/patient-41/examination-1/{upload_id}.jpg")
    return record_of(item_of(replace(result(prediction()), source=field, expires_at=expires_at)))


@pytest.mark.parametrize("retention", [KEEP_EVERYTHING, Retention(365, 0), Retention(0, 365)])
def test_a_record_is_kept_unless_both_images_and_records_are_to_expire(retention: Retention):
    assert retention.expiry_of(NOON) is None


@pytest.mark.parametrize(("images", "records", "days"), [(365, 730, 730), (365, 365, 372), (365, 1, 372)])
def test_a_record_outlives_its_image_because_one_without_a_record_would_be_read_again(images, records, days):
    assert Retention(images, records).expiry_of(NOON) == NOON + days * DAY


def test_dynamodb_deletes_an_item_by_a_number_of_seconds_and_only_where_it_expires():
    item = item_of(replace(result(), expires_at=EXPIRY))
    assert item["expires_at"] == EXPIRY.timestamp() and isinstance(item["expires_at"], int)
    assert record_of(item).result.expires_at == EXPIRY
    assert "expires_at" not in item_of(result()) and "expires_at" not in examination_item_of(examination())


def test_an_examination_expires_a_week_after_the_last_of_its_fields():
    totals = total_fields([record("a", EXPIRY), record("b", EXPIRY + DAY)]).totals
    item = examination_item_of(examination(counted=totals))
    assert item["expires_at"] == (EXPIRY + 8 * DAY).timestamp()
    assert examination_of(item).totals == totals


def test_an_examination_with_a_field_that_is_kept_is_kept():
    totals = total_fields([record("a", EXPIRY), record("b", None)]).totals
    assert "expires_at" not in examination_item_of(examination(counted=totals))
    assert totals.first_expires_at == EXPIRY
