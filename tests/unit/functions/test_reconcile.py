from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from blastlens.cloud.object_versions import ObjectVersions
from blastlens.cloud.operations.reconciliation import Reconciliation
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.domain.errors import ServiceFault
from blastlens.domain.notification_plan import PatientRelease
from blastlens.functions.reconcile import LOOKS_BACK, MIN_REMAINING_MS, ReconcileDependencies, make_handler
from blastlens.functions.telemetry import Handler
from tests.answers import BUCKET, lambda_context, pass_at_once
from tests.aws import Services

KEYS = [f"uploads/clinic-7/patient-41/e-1/upload-{number}.jpg" for number in range(3)]


class Time:
    """The time of the function, two hours after the test began."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC) + timedelta(hours=2)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def handler(aws: Services, clock: Time, recorded) -> Handler:
    settle = aws.sqs.create_queue(QueueName="settle")["QueueUrl"]
    reconciliation = Reconciliation(
        objects=ObjectVersions(aws.s3, BUCKET),
        results=aws.results,
        examinations=aws.examinations,
        reviews=aws.reviews,
        queue=SettleQueue(aws.sqs, settle, aws.queue.url),
        quiet=timedelta(seconds=180),
        release=PatientRelease.AFTER_SIGN_OFF,
        clock=clock,
    )
    return make_handler(ReconcileDependencies(reconciliation, pass_at_once), recorded.telemetry)


def queued(aws: Services) -> int:
    given = aws.sqs.get_queue_attributes(QueueUrl=aws.queue.url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(given["Attributes"]["ApproximateNumberOfMessages"])


def run(handler: Handler, *remaining_ms: int) -> Any:
    return handler({"source": "aws.events"}, lambda_context(*remaining_ms))


def test_images_without_a_record_are_queued_and_counted_as_repaired(aws: Services, handler, recorded):
    for key in KEYS:
        aws.upload(key)
    assert run(handler) == {"Repaired": 3, "Unrepaired": 0}
    assert queued(aws) == 3
    metrics = recorded.metrics()
    assert metrics["Repaired"] == [3.0] and metrics["Unrepaired"] == [0.0]
    assert recorded.counted("Discrepancy", "kind") == ["unread"] * 3


def test_what_was_found_the_night_before_as_well_raises_the_alarm(aws: Services, handler, clock, recorded):
    aws.upload(KEYS[0])
    clock.now += timedelta(days=1)
    assert run(handler) == {"Repaired": 0, "Unrepaired": 1}
    assert queued(aws) == 1
    assert recorded.metrics()["Unrepaired"] == [1.0]


def test_zero_is_recorded_where_everything_agrees_so_that_the_alarm_ends(handler, recorded):
    assert run(handler) == {"Repaired": 0, "Unrepaired": 0}
    assert recorded.metrics()["Unrepaired"] == [0.0]


def test_old_images_are_left_to_the_command(aws: Services, handler, clock):
    aws.upload(KEYS[0])
    clock.now += LOOKS_BACK
    assert run(handler) == {"Repaired": 0, "Unrepaired": 0}


def test_a_run_that_ends_for_lack_of_time_says_so(aws: Services, handler, recorded):
    for key in KEYS:
        aws.upload(key)
    assert run(handler, MIN_REMAINING_MS - 1) == {"Repaired": 0, "Unrepaired": 1}
    assert "not everything was compared" in recorded.messages()


def test_the_log_names_no_patient(aws: Services, handler, recorded):
    aws.upload(KEYS[0])
    run(handler)
    assert "discrepancy" in recorded.messages() and "patient-41" not in recorded.text


def test_a_service_that_refuses_fails_the_run(aws: Services, handler, monkeypatch):
    aws.upload(KEYS[0])

    def refuse(**_: Any) -> None:
        raise ServiceFault("could not queue an image again: AccessDenied (403)")

    monkeypatch.setattr(aws.sqs, "send_message", refuse)
    with pytest.raises(ServiceFault):
        run(handler)
