"""The notify function: follows the table's stream and tells clinic and patient of each new result.

Every audience is told at least once. It is told twice only when SNS took a notice and DynamoDB then failed to note
it: the mark is set after publishing, because a notice that comes twice does less harm than one that never comes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.notices import NoticeTopics
from blastlens.cloud.outbox import ASKED_AGAIN
from blastlens.cloud.results import ResultsTable
from blastlens.domain.errors import InvalidEvent
from blastlens.domain.notice import notice_for
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import ResultId
from blastlens.functions.batch import OutOfTime
from blastlens.functions.steps import Steps, steps_of
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

MIN_REMAINING_MS = 10_000
"""A result that is begun with less time left might be told and not marked; it is left to the next invocation."""


@dataclass(frozen=True)
class NotifyParts:
    """What telling needs.

    Attributes:
        results: where records lie.
        topics: where notices go.
        page_url: page on which a clinician opens results.
        clock: tells the time (UTC).
        sleep: waits for services that are busy.
    """

    results: ResultsTable
    topics: NoticeTopics
    page_url: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep


def make_handler(parts: NotifyParts, telemetry: Telemetry | None = None) -> Handler:
    """Return the function Lambda calls with a batch of DynamoDB stream records; it returns `batchItemFailures`."""
    work = _Work(parts, telemetry or make_telemetry("notify"))
    return work.telemetry.wrap(work.handle)


@dataclass(frozen=True)
class _Work:
    parts: NotifyParts
    telemetry: Telemetry

    def handle(self, event: Event, context: LambdaContext) -> Any:
        steps = steps_of(context, self.parts.sleep, self.telemetry)
        processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
        return process_partial_response(event, lambda record: self._tell_of(record, context, steps), processor, context)

    def _tell_of(self, record: DynamoDBRecord, context: LambdaContext, steps: Steps) -> None:
        if not _is_asked_for(record):
            return
        try:
            if context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to tell of another result")
            self._tell(_identity(record), steps)
        except Exception as error:
            self.telemetry.item_failed(_sequence_number(record), error)
            raise

    def _tell(self, identity: ResultId, steps: Steps) -> None:
        # The stream's image tells how the record was; who has been told since is in the record alone.
        record = steps.take("Look", lambda: self.parts.results.get(identity))
        if record is None:
            self.telemetry.logger.info("the record is gone, nobody is told")
            return
        for audience in record.owed:
            self._tell_one(audience, record, steps)

    def _tell_one(self, audience: Audience, record: Record, steps: Steps) -> None:
        notice = notice_for(audience, record, self.parts.page_url)
        steps.take("Publish", lambda: self.parts.topics.publish(notice))
        steps.take("Mark", lambda: self.parts.results.mark_told(record.id, audience, self.parts.clock()))
        self.telemetry.count("NoticePublished")
        self.telemetry.logger.info("told", audience=str(audience), upload_id=notice.attributes["upload_id"])


def _is_asked_for(record: DynamoDBRecord) -> bool:
    """Tell whether a record is new, or was touched by an operator so that it is looked at again."""
    if record.event_name is DynamoDBRecordEventName.MODIFY:
        image = record.dynamodb.new_image if record.dynamodb else None
        return ASKED_AGAIN in (image or {})
    return record.event_name is DynamoDBRecordEventName.INSERT


def _identity(stream_record: DynamoDBRecord) -> ResultId:
    keys = (stream_record.dynamodb.keys if stream_record.dynamodb else None) or {}
    upload, reading = keys.get("upload"), keys.get("reading")
    if not isinstance(upload, str) or not isinstance(reading, str):
        raise InvalidEvent("the stream's record has no keys of a result")
    return ResultId(upload, reading)


def _sequence_number(stream_record: DynamoDBRecord) -> str:
    return (stream_record.dynamodb.sequence_number if stream_record.dynamodb else None) or "unknown"
