"""The classify function: classifies new uploads from the queue."""

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.device import device_of
from blastlens.domain.errors import UploadRefused
from blastlens.domain.prediction import Rejection
from blastlens.domain.result import Result
from blastlens.domain.upload import is_placeholder, parse_key
from blastlens.functions.batch import Batch, OutOfTime, sorted_by_receives
from blastlens.functions.classification import ClassificationDependencies, classify_object, is_of_erased_patient
from blastlens.functions.retries import Retrier, retrier_for
from blastlens.functions.s3_events import ObjectCreated, S3Event, is_s3_event, read_event
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

OTHER_PACKAGE = "other"
"""Stands in metrics for packages that are not known: clients name them, and each value costs a metric of its own."""

MIN_REMAINING_MS = 15_000
"""Time that has to be left to start an image; with less, the message is released to the queue."""


def make_handler(
    dependencies: ClassificationDependencies,
    queue: UploadQueue,
    max_receives: int,
    telemetry: Telemetry | None = None,
    packages: frozenset[str] = frozenset(),
) -> Handler:
    """Return the Lambda handler.

    It takes a batch of SQS messages that hold S3 events and returns `batchItemFailures`. It also takes an S3 event
    itself, and then raises on an error.

    Args:
        dependencies: clients, model and settings of classification.
        queue: where messages are released or moved to the dead-letter queue.
        max_receives: how often the queue hands out a message.
        telemetry: log, metrics and trace.
        packages: digests of the packages by which the screening at the microscope is counted.
    """
    handler = _Handler(dependencies, queue, max_receives, telemetry or make_telemetry("classify"), packages)
    return handler.telemetry.wrap(handler.handle)


@dataclass(frozen=True)
class _Handler:
    dependencies: ClassificationDependencies
    queue: UploadQueue
    max_receives: int
    telemetry: Telemetry
    packages: frozenset[str]

    def handle(self, event: Event, context: LambdaContext) -> Any:
        retrier = retrier_for(context, self.dependencies.sleep, self.telemetry)
        if is_s3_event(event):
            self._classify_all(read_event(event), context, retrier)
            return {"batchItemFailures": []}
        batch = Batch(
            process_event=lambda notification: self._classify_all(notification, context, retrier),
            queue=self.queue,
            max_receives=self.max_receives,
            telemetry=self.telemetry,
        )
        # If every message fails, the response still names them; an exception would hide which ones failed, and why.
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        with batch.released_on_exit(event, context.get_remaining_time_in_millis() / 1000):
            return process_partial_response(sorted_by_receives(event), batch.process_message, processor, context)

    def _classify_all(self, event: S3Event, context: LambdaContext, retrier: Retrier) -> None:
        # A message may hold several objects: the retry of a message skips those that are stored already.
        for name in event.ignored:
            self.telemetry.logger.info("event ignored", event_name=name)
        for created in event.created:
            if is_placeholder(created.source):
                self.telemetry.logger.info("placeholder ignored")
                continue
            if context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to read another image")
            self._classify(created, retrier)

    def _classify(self, created: ObjectCreated, retrier: Retrier) -> None:
        if is_of_erased_patient(created, self.dependencies, retrier):
            self.telemetry.count("OfErasedPatient")
            self.telemetry.logger.warning("the patient is erased: the image is not read", **_visible_ids(created))
            return
        with self.telemetry.stage("Answer"):
            result = classify_object(created, self.dependencies, retrier, lambda why: self._warn(created, why))
        if result is None:
            self.telemetry.count("AnsweredBefore")
            self.telemetry.logger.info("answered before", **_visible_ids(created))
            return
        self._report(created, result)

    def _warn(self, created: ObjectCreated, sentence: str) -> None:
        self.telemetry.count("EdgeUnusable")
        self.telemetry.logger.warning(sentence, **_visible_ids(created))

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
            # Recorded for each answer, so that its average is the share of answers with more than one possible label.
            self.telemetry.metrics.add_metric("Abstained", MetricUnit.Count, 0 if answer.is_certain else 1)
        self._compare(created, result)
        ids: Any = _visible_ids(created)
        self.telemetry.logger.info("answered", status=str(result.status), reason=reason, **ids)

    def _compare(self, created: ObjectCreated, result: Result) -> None:
        """Count whether the screening at the microscope disagrees with the answer, by the packages of both."""
        if result.edge is None or result.edge_disagrees is None:
            return
        model, edge = result.answer.model.digest, result.edge.digest
        known = edge if edge in self.packages | {model} else OTHER_PACKAGE
        # Recorded for each comparison, so that its average is the share of those that disagree.
        self.telemetry.metrics.add_metric("EdgeDisagreed", MetricUnit.Count, int(result.edge_disagrees))
        self.telemetry.count_by("EdgeDisagreed", int(result.edge_disagrees), edge=known, model=model)
        if result.edge_disagrees:
            self.telemetry.logger.info("the screening at the microscope disagrees", edge=edge, **_visible_ids(created))


def _visible_ids(created: ObjectCreated) -> dict[str, Any]:
    """Return an object's upload id and its microscope for the log, without parts of an invalid key.

    An alarm counts the lines of each microscope (`DeviceUploads` in template.yaml).
    """
    try:
        upload_id = parse_key(created.source.key).upload_id
    except UploadRefused:
        return {"upload_id": "unreadable"}
    device = device_of(upload_id)
    return {"upload_id": upload_id} | ({} if device is None else {"device": device})
