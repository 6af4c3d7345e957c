"""The classify function: takes new uploads from the queue and stores an answer for each."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.domain.errors import ServiceUnavailable, UploadRefused
from blastlens.domain.prediction import Rejection
from blastlens.domain.result import Result
from blastlens.domain.upload import parse_key
from blastlens.functions.answering import AnsweringParts, answer_object
from blastlens.functions.s3_events import ObjectCreated, S3Event, is_s3_event, read_body, read_event
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

MIN_REMAINING_MS = 15_000
"""An image that is started with less time left might be cut off; it is given back instead."""


class OutOfTime(ServiceUnavailable):
    """The invocation is nearly over: the next one shall take this message."""


def make_handler(parts: AnsweringParts, telemetry: Telemetry | None = None) -> Handler:
    """Return the function Lambda calls, made of its parts.

    It takes a batch of SQS messages that wrap S3's events and returns `batchItemFailures`; it also takes a bare S3
    event, and then raises what goes wrong.
    """
    work = _Work(parts, telemetry or make_telemetry("classify"))
    return work.telemetry.wrap(work.handle)


@dataclass(frozen=True)
class _Work:
    parts: AnsweringParts
    telemetry: Telemetry

    def handle(self, event: Event, context: LambdaContext) -> Any:
        if is_s3_event(event):
            self._answer_all(read_event(event), context)
            return {"batchItemFailures": []}
        # When every message fails, that is still an answer: raising would only blur which ones, and why.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        return process_partial_response(event, self._answer_message, processor, context)

    def _answer_message(self, record: SQSRecord, lambda_context: LambdaContext) -> None:
        # Several objects may share a message: what is stored before one of them fails, the retry finds stored.
        try:
            self._answer_all(read_body(record.body), lambda_context)
        except Exception as error:
            self.telemetry.item_failed(record.message_id, error)
            raise

    def _answer_all(self, event: S3Event, context: LambdaContext) -> None:
        for name in event.ignored:
            self.telemetry.logger.info("event ignored", event_name=name)
        for created in event.created:
            if context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to read another image")
            self._answer(created)

    def _answer(self, created: ObjectCreated) -> None:
        with self.telemetry.stage("Answer"):
            result = answer_object(created, self.parts)
        if result is None:
            self.telemetry.count("AnsweredBefore")
            self.telemetry.logger.info("answered before", upload_id=_visible_id(created))
            return
        self._report(created, result)

    def _report(self, created: ObjectCreated, result: Result) -> None:
        reason = str(result.answer.reason) if isinstance(result.answer, Rejection) else None
        waited = (result.answered_at - result.uploaded_at).total_seconds()
        self.telemetry.count("Rejected" if reason else "Classified")
        self.telemetry.metrics.add_metric("UploadToAnswer", MetricUnit.Seconds, max(0.0, waited))
        self.telemetry.logger.info("answered", upload_id=_visible_id(created), status=str(result.status), reason=reason)


def _visible_id(created: ObjectCreated) -> str:
    """What a log may say of an object: its upload id, and nothing of a key that breaks the contract."""
    try:
        return parse_key(created.source.key).upload_id
    except UploadRefused:
        return "unreadable"
