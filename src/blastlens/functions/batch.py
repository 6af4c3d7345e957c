"""A batch of queue messages: which are given back at once, which wait, and which are set aside with their cause."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.errors import InvalidEvent, ServiceFault, ServiceUnavailable
from blastlens.functions.deadline import before_the_end
from blastlens.functions.s3_events import S3Event, read_body
from blastlens.functions.telemetry import Event, Telemetry, cause_of

_RECEIVES = "ApproximateReceiveCount"


class OutOfTime(ServiceUnavailable):
    """The invocation is nearly over: the next one shall take this item."""


@dataclass(frozen=True)
class Batch:
    """What becomes of the messages of one invocation.

    Attributes:
        answer_all: answers for every object of a notification.
        queue: where messages are given back and set aside.
        most_receives: how often the queue hands a message out; after the last it is set aside.
        telemetry: what is reported with.
    """

    answer_all: Callable[[S3Event], None]
    queue: UploadQueue
    most_receives: int
    telemetry: Telemetry
    _waiting: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def held(self, event: Event, remaining_seconds: float) -> Iterator[None]:
        """Give back, at once, what is not done with when the block or the invocation's time ends."""
        self._waiting.update({one["messageId"]: one["receiptHandle"] for one in event["Records"]})
        with before_the_end(remaining_seconds, self._give_back):
            yield
        self._give_back()

    def answer_message(self, record: SQSRecord) -> None:
        """Answer for a message; what is raised makes it one of the failed."""
        try:
            self.answer_all(read_body(record.body))
        except OutOfTime as error:
            self.telemetry.item_failed(record.message_id, error)
            raise
        except Exception as error:
            self.telemetry.item_failed(record.message_id, error)
            self._done_with(record)
            if self._is_hopeless(record, error) and self._set_aside(record, error):
                return
            raise
        self._done_with(record)

    def _is_hopeless(self, record: SQSRecord, error: Exception) -> bool:
        return isinstance(error, InvalidEvent) or _receives(record.raw_event) >= self.most_receives

    def _set_aside(self, record: SQSRecord, error: Exception) -> bool:
        try:
            self.queue.set_aside(record.body, record.message_id, cause_of(error))
        except ServiceFault as fault:
            # It fails as it would have without us: the queue moves it by itself in the end, though without its cause.
            self.telemetry.logger.error("could not set aside", item_id=record.message_id, cause=str(fault))
            return False
        self.telemetry.count("SetAside")
        return True

    def _done_with(self, record: SQSRecord) -> None:
        self._waiting.pop(record.message_id, None)

    def _give_back(self) -> None:
        handles = list(self._waiting.values())
        if not handles:
            return
        try:
            self.queue.hand_out_again(handles)
        except ServiceFault as fault:
            self.telemetry.logger.warning("could not give messages back", cause=str(fault))
            return
        self.telemetry.logger.info("gave messages back", messages=len(handles))


def most_tried_first(event: Event) -> Event:
    """Return a batch with the messages first that were handed out most often.

    What was given back for lack of time is then first in its next batch, and cannot be given back until it counts
    as poison.
    """
    return {**event, "Records": sorted(event["Records"], key=_receives, reverse=True)}


def _receives(message: Event) -> int:
    return int(message.get("attributes", {}).get(_RECEIVES, "1"))
