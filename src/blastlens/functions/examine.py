"""The examine function: computes examinations from their fields.

It settles an examination when it is complete or quiet. Its events are new field records, from the results table's
stream, and its own delayed messages. Whatever comes twice, late or out of order, it reads all fields and what people
excluded, and stores what they come to, if nobody stored something in between.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.settle_queue import SettleQueue, read_reminder
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.domain.errors import InvalidEvent, ServiceUnavailable
from blastlens.domain.examination import SETTLED, Examination
from blastlens.domain.examining import MAX_REQUEUES, Step, examine
from blastlens.domain.result import UNREADABLE
from blastlens.domain.review import fold_events
from blastlens.domain.upload import ExaminationId, is_valid_id
from blastlens.functions.batch import OutOfTime
from blastlens.functions.retries import Retrier, retrier_for
from blastlens.functions.settings import ExamineSettings
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

MIN_REMAINING_MS = 10_000
"""Time that has to be left to start an examination; with less, it is left to the next invocation."""

_MAX_TRIES = 20
_ONE_QUEUE_EVENT = "aws:sqs"


@dataclass(frozen=True)
class ExamineDependencies:
    """Clients and settings of the examine function.

    Attributes:
        results: the table of field records.
        examinations: the table of examinations.
        reviews: the table of reviews, which says what people excluded.
        queue: delayed messages, and images for a newer model.
        quiet: after how long without an answer an examination settles.
        clock: returns the time (UTC).
        sleep: waits for services that are busy.
    """

    results: ResultsTable
    examinations: ExaminationsTable
    reviews: ReviewsTable
    queue: SettleQueue
    quiet: timedelta
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of_clients(
        cls, settings: ExamineSettings, dynamodb: "DynamoDBClient", sqs: "SQSClient", clock: Callable[[], datetime]
    ) -> Self:
        """Return the dependencies, made from settings and clients."""
        return cls(
            results=ResultsTable(dynamodb, settings.results_table),
            examinations=ExaminationsTable(dynamodb, settings.examinations_table),
            reviews=ReviewsTable(dynamodb, settings.reviews_table, settings.examinations_table),
            queue=SettleQueue(sqs, settings.settle_queue_url, settings.upload_queue_url),
            quiet=settings.quiet,
            clock=clock,
        )


def make_handler(dependencies: ExamineDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler of stream records or of delayed messages.

    It returns `batchItemFailures`.
    """
    observed = telemetry or make_telemetry("examine")

    def handle(event: Event, context: LambdaContext) -> Any:
        retrier = retrier_for(context, dependencies.sleep, observed)
        return _Invocation(dependencies, observed, context, retrier).process(event)

    return observed.wrap(handle)


@dataclass(frozen=True)
class _Invocation:
    """One invocation; `done` holds the examinations that it has computed already."""

    dependencies: ExamineDependencies
    telemetry: Telemetry
    context: LambdaContext
    retrier: Retrier
    done: set[ExaminationId] = field(default_factory=set)

    def process(self, event: Event) -> Any:
        is_queue = event["Records"][0].get("eventSource") == _ONE_QUEUE_EVENT
        kind = EventType.SQS if is_queue else EventType.DynamoDBStreams
        processor = BatchProcessor(event_type=kind, raise_on_entire_batch_failure=False)
        process = self._process_message if is_queue else self._process_record
        return process_partial_response(event, process, processor, self.context)

    def _process_record(self, record: DynamoDBRecord) -> None:
        number = (record.dynamodb.sequence_number if record.dynamodb else None) or "unknown"
        self._examine(number, lambda: _identity(record), is_reminder=False)

    def _process_message(self, record: SQSRecord) -> None:
        self._examine(record.message_id, lambda: self._read_reminder(record.body), is_reminder=True)

    def _read_reminder(self, body: str) -> ExaminationId | None:
        """Return the examination of a delayed message; None where a later field was answered since.

        That field has a message of its own. Otherwise every field's message would go round until the examination
        settles, and compute it from all fields each time.
        """
        reminder = read_reminder(body)
        if reminder.answered_at is None:
            return reminder.examination
        stored = self.retrier.call("Look", lambda: self.dependencies.examinations.get(reminder.examination))
        is_outdated = stored is not None and stored.totals.answered_at > reminder.answered_at
        return None if is_outdated else reminder.examination

    def _examine(self, item_id: str, identify: Callable[[], ExaminationId | None], is_reminder: bool) -> None:
        try:
            identity = identify()
            # All records of the batch are in the table: one computation serves all fields of an examination.
            if identity is None or identity in self.done:
                return
            if self.context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to compute another examination")
            with self.telemetry.stage("Examine"):
                step = examine_until_stored(identity, self.dependencies, self.retrier, is_reminder)
        except Exception as error:
            self.telemetry.item_failed(item_id, error)
            raise
        self.done.add(identity)
        if step is not None and step.is_changed:
            self._report(step.examination)

    def _report(self, examination: Examination) -> None:
        totals, status = examination.totals, examination.status
        if status in SETTLED:
            self.telemetry.count_by("Settled", status=str(status))
            waited = (self.dependencies.clock() - totals.answered_at).total_seconds()
            self.telemetry.metrics.add_metric("AnswerToSettled", MetricUnit.Seconds, max(0.0, waited))
        if examination.is_held:
            self.telemetry.count("ExaminationHeld")
        if totals.waiting_for_model and examination.requeues >= MAX_REQUEUES:
            self.telemetry.count("ModelStuck")
        self.telemetry.logger.info(
            "examined",
            examination_id=examination.id.examination_id,
            status=str(status),
            fields=totals.fields,
            revision=examination.revision,
        )


def examine_until_stored(
    identity: ExaminationId, dependencies: ExamineDependencies, retrier: Retrier, is_reminder: bool = False
) -> Step | None:
    """Compute an examination and store it; start over where somebody stored something in between.

    Messages are sent before the examination is stored: a process that ends in between sends them once more, while one
    that ended after storing would never.

    Returns:
        The last step; None where there are no fields, or the patient is erased.

    Raises:
        ServiceUnavailable: others kept storing, or a service is busy.
    """
    for _ in range(_MAX_TRIES):
        stored = retrier.call("Look", lambda: dependencies.examinations.get(identity))
        records = retrier.call("Fields", lambda: dependencies.results.fields(identity))
        if not records or retrier.call("Erased", lambda: dependencies.examinations.is_erased(identity)):
            return None
        excluded = fold_events(retrier.call("Review", lambda: dependencies.reviews.of(identity))).excluded
        step = examine(identity, records, stored, dependencies.clock(), dependencies.quiet, is_reminder, excluded)
        _send(step, dependencies, retrier, is_reminder)
        revision = None if stored is None else stored.revision
        if not step.is_changed or _store(step.examination, revision, dependencies, retrier):
            return step
    raise ServiceUnavailable("an examination changed again and again while it was computed")


def _store(examination: Examination, revision: int | None, dependencies: ExamineDependencies, retrier: Retrier) -> bool:
    return retrier.call("Store", lambda: dependencies.examinations.put(examination, revision))


def _send(step: Step, dependencies: ExamineDependencies, retrier: Retrier, is_reminder: bool) -> None:
    identity, wait, requeue = step.examination.id, step.wait, step.requeue
    if requeue:
        uploaded_at = step.examination.totals.uploaded_at
        retrier.call("Requeue", lambda: dependencies.queue.request_reading(requeue, uploaded_at))
    if wait is not None and (step.is_changed or is_reminder):
        answered_at = step.examination.totals.answered_at
        retrier.call("Remind", lambda: dependencies.queue.remind(identity, wait, answered_at))


def _identity(record: DynamoDBRecord) -> ExaminationId | None:
    """Return the examination of a field record; None for images whose key violates the contract."""
    keys = (record.dynamodb.keys if record.dynamodb else None) or {}
    upload = keys.get("upload")
    if not isinstance(upload, str):
        raise InvalidEvent("the stream's record has no key of a result")
    if upload.startswith(UNREADABLE):
        return None
    ids = upload.split("/")
    if len(ids) != 3 or not all(is_valid_id(one) for one in ids):
        raise InvalidEvent("the stream's record does not name an examination")
    return ExaminationId(*ids)
