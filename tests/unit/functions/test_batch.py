import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from blastlens.cloud.upload_queue import UploadQueue
from blastlens.functions.batch import Batch, OutOfTime, sorted_by_receives
from blastlens.functions.deadline import DEADLINE_MARGIN_SECONDS
from tests.memory.queues import MemoryQueue, MemoryQueues

BODY = '{"Event": "s3:TestEvent"}'


class Line:
    """A queue with messages, and the batch of them that an invocation was given."""

    def __init__(self, recorded, count: int, process_event: Any):
        queues = {"uploads": MemoryQueue(dead_letters="dead"), "dead": MemoryQueue()}
        self.sqs = MemoryQueues(lambda: datetime(2026, 11, 22, tzinfo=UTC), queues)
        for _ in range(count):
            self.sqs.send_message("uploads", BODY)
        taken = self.sqs.receive_message("uploads", 10)["Messages"]
        self.event = {
            "Records": [
                {"messageId": one["MessageId"], "receiptHandle": one["ReceiptHandle"], "body": BODY} for one in taken
            ]
        }
        queue: Any = UploadQueue(self.sqs, "uploads", "dead")  # type: ignore[arg-type]
        self.batch = Batch(process_event, queue, 5, recorded.telemetry)

    def visible(self) -> int:
        return len(self.sqs.receive_message("uploads", 10, VisibilityTimeout=0).get("Messages", []))

    def records(self) -> list[Any]:
        from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

        return [SQSRecord(one) for one in self.event["Records"]]


def test_what_there_was_no_time_for_is_there_again_at_once(recorded):
    def late(_: object) -> None:
        raise OutOfTime("too late")

    line = Line(recorded, 3, late)
    assert line.visible() == 0
    with line.batch.released_on_exit(line.event, 60):
        for record in line.records():
            with suppress(OutOfTime):
                line.batch.process_message(record)
    assert line.visible() == 3


def test_what_failed_otherwise_waits_for_its_timeout(recorded):
    def fail(_: object) -> None:
        raise ValueError

    line = Line(recorded, 1, fail)
    with line.batch.released_on_exit(line.event, 60), suppress(ValueError):
        line.batch.process_message(line.records()[0])
    assert line.visible() == 0


def test_a_message_that_hangs_is_given_back_with_those_behind_it_before_the_invocation_is_ended(recorded):
    line = Line(recorded, 3, lambda _: None)
    done, *_ = line.records()
    with line.batch.released_on_exit(line.event, DEADLINE_MARGIN_SECONDS + 0.2):
        line.batch.process_message(done)
        waited = threading.Event()
        for _ in range(300):
            if line.visible() == 2:
                break
            waited.wait(0.1)
        assert line.visible() == 2


def test_what_was_tried_most_often_is_taken_first():
    records = [{"messageId": str(tries), "attributes": {"ApproximateReceiveCount": str(tries)}} for tries in (1, 3, 2)]
    assert [one["messageId"] for one in sorted_by_receives({"Records": records})["Records"]] == ["3", "2", "1"]
