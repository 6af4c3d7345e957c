"""Outcome of each message in a batch: done, released, retried or dead-lettered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.errors import InvalidEvent, ServiceFault, ServiceUnavailable
from blastlens.functions.deadline import before_deadline
from blastlens.functions.s3_events import S3Event, read_body
from blastlens.functions.telemetry import Event, Telemetry, cause_of

_RECEIVES = "ApproximateReceiveCount"


class OutOfTime(ServiceUnavailable):
    """The invocation is nearly over; the item is left to the next one."""


@dataclass(frozen=True)
class Batch:
    """The messages of one invocation and their outcome.

    Attributes:
        process_event: processes every object of a notification.
        queue: where messages are released or moved to the dead-letter queue.
        max_receives: how often the queue hands out a message; after the last it goes to the dead-letter queue.
        telemetry: log and metrics.
    """

    process_event: Callable[[S3Event], None]
    queue: UploadQueue
    max_receives: int
    telemetry: Telemetry
    _waiting: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def released_on_exit(self, event: Event, remaining_seconds: float) -> Iterator[None]:
        """Release the unprocessed messages when the block ends.

        If the block still runs shortly before the invocation ends, they are released then.
        """
        self._waiting.update({one["messageId"]: one["receiptHandle"] for one in event["Records"]})
        with before_deadline(remaining_seconds, self._release):
            yield
        self._release()

    def process_message(self, record: SQSRecord) -> None:
        """Process a message; an exception reports it as failed."""
        try:
            self.process_event(read_body(record.body))
        except OutOfTime as error:
            self.telemetry.item_failed(record.message_id, error)
            raise
        except Exception as error:
            self.telemetry.item_failed(record.message_id, error)
            self._remove(record)
            if self._is_final_failure(record, error) and self._send_to_dead_letter_queue(record, error):
                return
            raise
        self._remove(record)

    def _is_final_failure(self, record: SQSRecord, error: Exception) -> bool:
        return isinstance(error, InvalidEvent) or _receives(record.raw_event) >= self.max_receives

    def _send_to_dead_letter_queue(self, record: SQSRecord, error: Exception) -> bool:
        try:
            self.queue.send_to_dead_letter_queue(record.body, record.message_id, cause_of(error))
        except ServiceFault as refusal:
            # The message then fails as usual, and SQS moves it after its last receive, without the cause.
            self.telemetry.logger.error(
                "could not send to dead-letter queue", item_id=record.message_id, cause=str(refusal)
            )
            return False
        self.telemetry.count("SetAside")
        return True

    def _remove(self, record: SQSRecord) -> None:
        self._waiting.pop(record.message_id, None)

    def _release(self) -> None:
        handles = list(self._waiting.values())
        if not handles:
            return
        try:
            self.queue.make_visible(handles)
        except ServiceFault as refusal:
            self.telemetry.logger.warning("could not release messages", cause=str(refusal))
            return
        self.telemetry.logger.info("released messages", messages=len(handles))


def sorted_by_receives(event: Event) -> Event:
    """Return a batch with the messages first that were received most often.

    A message that was released for lack of time is then first in its next batch. It cannot be released so often that
    it is moved to the dead-letter queue.
    """
    return {**event, "Records": sorted(event["Records"], key=_receives, reverse=True)}


def _receives(message: Event) -> int:
    return int(message.get("attributes", {}).get(_RECEIVES, "1"))
