from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from blastlens.cloud.tables.results import InvalidCursor, ResultsTable, WorklistCursor
from blastlens.domain.errors import ServiceFault, ServiceUnavailable
from blastlens.domain.labels import Label
from blastlens.domain.prediction import ModelIdentity
from blastlens.domain.result import ResultId
from blastlens.domain.upload import Upload
from tests.answers import NOON, UPLOAD, prediction, result, unreadable_result
from tests.aws import Services

NOWHERE = ResultId("clinic-7/patient-41/nothing", "v#d")


def test_a_result_is_written_once_and_stays_as_it_was(aws: Services):
    assert aws.results.write(result(prediction(Label.PRE_B)))
    assert not aws.results.write(result(prediction(Label.BENIGN)))
    (item,) = aws.items()
    assert item["label"] == {"S": "pre_b"}


def test_another_version_and_another_model_each_add_a_record(aws: Services):
    newer_model = ModelIdentity("fusion", "2.0.0", "6e" * 32)
    assert aws.results.write(result())
    assert aws.results.write(result(version="v2"))
    assert aws.results.write(result(prediction(model=newer_model)))
    assert len(aws.items()) == 3


def test_a_result_exists_from_the_moment_it_is_written(aws: Services):
    assert not aws.results.exists(result().id)
    aws.results.write(result())
    assert aws.results.exists(result().id)


def test_a_record_is_read_as_it_was_written(aws: Services):
    aws.results.write(result())
    record = aws.results.get(result().id)
    assert record is not None
    assert record.result == result()


def test_no_record_is_read_where_there_is_none(aws: Services):
    assert aws.results.get(NOWHERE) is None


def test_the_readings_of_an_upload_are_its_own_newest_version_first(aws: Services):
    for one in (
        result(version="v1", sequencer="0A", uploaded_at=NOON + timedelta(hours=2)),
        result(version="v2", sequencer="0B", uploaded_at=NOON),
        result(upload=Upload("clinic-7", "patient-41", "upload-0002", "jpg")),
    ):
        aws.results.write(one)
    assert [record.result.source.version_id for record in aws.results.readings(UPLOAD)] == ["v2", "v1"]


def test_an_upload_without_an_answer_has_no_readings(aws: Services):
    assert aws.results.readings(UPLOAD) == []


def written_for(aws: Services, clinic: str, count: int) -> None:
    for index in range(count):
        upload = Upload(clinic, "patient-1", f"u{index}", "jpg")
        aws.results.write(result(upload=upload, uploaded_at=NOON + timedelta(minutes=index)))


def test_a_worklist_holds_one_clinics_records_newest_first(aws: Services):
    written_for(aws, "clinic-7", 3)
    written_for(aws, "clinic-8", 2)
    aws.results.write(unreadable_result())
    page = aws.results.worklist("clinic-7", limit=10)
    assert [record.id.upload for record in page.records] == [f"clinic-7/patient-1/u{index}" for index in (2, 1, 0)]
    assert page.next is None


def test_a_worklist_is_read_page_by_page_without_gap_or_overlap(aws: Services):
    written_for(aws, "clinic-7", 5)
    seen, place = [], None
    while True:
        page = aws.results.worklist("clinic-7", 2, place)
        seen += [record.id.upload for record in page.records]
        place = page.next
        if place is None:
            break
    assert seen == [f"clinic-7/patient-1/u{index}" for index in (4, 3, 2, 1, 0)]


def test_a_place_in_another_clinics_worklist_is_refused(aws: Services):
    with pytest.raises(InvalidCursor):
        aws.results.worklist("clinic-7", 2, WorklistCursor("clinic-8/patient-1/u0", "v#d", "2026-01-01T00:00:00.000Z"))


def test_a_missing_table_is_a_permanent_error(aws: Services):
    elsewhere = ResultsTable(aws.dynamodb, "elsewhere")
    for call in (lambda: elsewhere.write(result()), lambda: elsewhere.exists(NOWHERE), lambda: elsewhere.get(NOWHERE)):
        with pytest.raises(ServiceFault, match="ResourceNotFoundException"):
            call()


def test_a_throttled_table_is_worth_another_try():
    client = boto3.client("dynamodb", config=Config(retries={"total_max_attempts": 1}))
    with Stubber(client) as stub:
        stub.add_client_error("put_item", "ProvisionedThroughputExceededException")
        with pytest.raises(ServiceUnavailable):
            ResultsTable(client, "results").write(result())
