"""The notify function: follows the table's stream and tells clinic and patient of each new result.

Every audience is told at least once. It is told twice only when SNS took a notice and DynamoDB then failed to note
it: the mark is set after publishing, because a notice that comes twice does less harm than one that never comes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.notices import NoticeTopics
from blastlens.cloud.results import ResultsTable
from blastlens.domain.errors import InvalidEvent
from blastlens.domain.notice import notice_for
from blastlens.domain.result import ResultId
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry


@dataclass(frozen=True)
class NotifyParts:
    """What telling needs.

    Attributes:
        results: where records lie.
        topics: where notices go.
        page_url: page on which a clinician opens results.
        clock: tells the time (UTC).
    """

    results: ResultsTable
    topics: NoticeTopics
    page_url: str
    clock: Callable[[], datetime]


def make_handler(parts: NotifyParts, telemetry: Telemetry | None = None) -> Handler:
    """Return the function Lambda calls with a batch of DynamoDB stream records; it returns `batchItemFailures`."""
    work = _Work(parts, telemetry or make_telemetry("notify"))
    return work.telemetry.wrap(work.handle)


@dataclass(frozen=True)
class _Work:
    parts: NotifyParts
    telemetry: Telemetry

    def handle(self, event: Event, context: LambdaContext) -> Any:
        processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
        return process_partial_response(event, self._tell_of, processor, context)

    def _tell_of(self, record: DynamoDBRecord) -> None:
        if record.event_name is not DynamoDBRecordEventName.INSERT:
            return
        try:
            self._tell(_identity(record))
        except Exception as error:
            self.telemetry.item_failed(_sequence_number(record), error)
            raise

    def _tell(self, identity: ResultId) -> None:
        # The stream's image tells how the record was; who has been told since is in the record alone.
        record = self.parts.results.get(identity)
        if record is None:
            self.telemetry.logger.info("the record is gone, nobody is told")
            return
        for audience in record.owed:
            notice = notice_for(audience, record, self.parts.page_url)
            self.parts.topics.publish(notice)
            told_at = self.parts.clock()
            seconds = (told_at - record.result.uploaded_at).total_seconds()
            self.parts.results.mark_told(identity, audience, told_at, seconds)
            self.telemetry.count("NoticePublished")
            self.telemetry.seconds("UploadToNotice", seconds)
            self.telemetry.logger.info("told", audience=str(audience), upload_id=notice.attributes["upload_id"])


def _identity(stream_record: DynamoDBRecord) -> ResultId:
    keys = (stream_record.dynamodb.keys if stream_record.dynamodb else None) or {}
    upload, reading = keys.get("upload"), keys.get("reading")
    if not isinstance(upload, str) or not isinstance(reading, str):
        raise InvalidEvent("the stream's record has no keys of a result")
    return ResultId(upload, reading)


def _sequence_number(stream_record: DynamoDBRecord) -> str:
    return (stream_record.dynamodb.sequence_number if stream_record.dynamodb else None) or "unknown"
