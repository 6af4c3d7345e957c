"""The classify function: takes new uploads from the queue and stores an answer for each."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Rejection
from blastlens.domain.result import Result
from blastlens.domain.upload import parse_key
from blastlens.functions.batch import Batch, OutOfTime, most_tried_first
from blastlens.functions.classification import AnsweringParts, answer_object
from blastlens.functions.retries import Steps, steps_of
from blastlens.functions.s3_events import ObjectCreated, S3Event, is_s3_event, read_event
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

MIN_REMAINING_MS = 15_000
"""An image that is started with less time left might be cut off; it is given back instead."""


def make_handler(
    parts: AnsweringParts, queue: UploadQueue, most_receives: int, telemetry: Telemetry | None = None
) -> Handler:
    """Return the function Lambda calls, made of its parts.

    It takes a batch of SQS messages that wrap S3's events and returns `batchItemFailures`; it also takes a bare S3
    event, and then raises what goes wrong.

    Args:
        parts: what answering needs.
        queue: where messages are given back and set aside.
        most_receives: how often the queue hands a message out.
        telemetry: what is reported with.
    """
    work = _Work(parts, queue, most_receives, telemetry or make_telemetry("classify"))
    return work.telemetry.wrap(work.handle)


@dataclass(frozen=True)
class _Work:
    parts: AnsweringParts
    queue: UploadQueue
    most_receives: int
    telemetry: Telemetry

    def handle(self, event: Event, context: LambdaContext) -> Any:
        steps = steps_of(context, self.parts.sleep, self.telemetry)
        if is_s3_event(event):
            self._answer_all(read_event(event), context, steps)
            return {"batchItemFailures": []}
        batch = Batch(
            answer_all=lambda notification: self._answer_all(notification, context, steps),
            queue=self.queue,
            most_receives=self.most_receives,
            telemetry=self.telemetry,
        )
        # When every message fails, that is still an answer: raising would only blur which ones, and why.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        with batch.held(event, context.get_remaining_time_in_millis() / 1000):
            return process_partial_response(most_tried_first(event), batch.answer_message, processor, context)

    def _answer_all(self, event: S3Event, context: LambdaContext, steps: Steps) -> None:
        # Several objects may share a message: what is stored before one of them fails, the retry finds stored.
        for name in event.ignored:
            self.telemetry.logger.info("event ignored", event_name=name)
        for created in event.created:
            if context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to read another image")
            self._answer(created, steps)

    def _answer(self, created: ObjectCreated, steps: Steps) -> None:
        with self.telemetry.stage("Answer"):
            result = answer_object(created, self.parts, steps)
        if result is None:
            self.telemetry.count("AnsweredBefore")
            self.telemetry.logger.info("answered before", upload_id=_visible_id(created))
            return
        self._report(created, result)

    def _report(self, created: ObjectCreated, result: Result) -> None:
        answer = result.answer
        reason = str(answer.reason) if isinstance(answer, Rejection) else None
        waited = (result.answered_at - result.uploaded_at).total_seconds()
        self.telemetry.metrics.add_metric("UploadToAnswer", MetricUnit.Seconds, max(0.0, waited))
        if isinstance(answer, Rejection):
            self.telemetry.count("Rejected")
            self.telemetry.count_by("Rejected", reason=str(answer.reason))
        else:
            self.telemetry.count("Classified")
            self.telemetry.count_by("Classified", label=str(answer.label))
            # Counted each time, so that its average is the share of answers that name no single class.
            self.telemetry.metrics.add_metric("Abstained", MetricUnit.Count, 0 if answer.is_certain else 1)
        self.telemetry.logger.info("answered", upload_id=_visible_id(created), status=str(result.status), reason=reason)


def _visible_id(created: ObjectCreated) -> str:
    """What a log may say of an object: its upload id, and nothing of a key that breaks the contract."""
    try:
        return parse_key(created.source.key).upload_id
    except UploadRefused:
        return "unreadable"
