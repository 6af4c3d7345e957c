"""The notify function: notifies clinic and patient of new and signed results.

A patient may have to wait until a clinician has signed; the sign-off comes through the same stream. A patient who was
notified of another finding before gets a correction. Every audience is notified at least once. A second time happens
only if SNS accepted a notice and DynamoDB then failed to record it: the mark is set after publishing, because a
duplicate notice does less harm than a missing one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.items import SIGNED_OFF
from blastlens.cloud.tables.outbox import ASKED_AGAIN
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.clinic import Clinic
from blastlens.domain.errors import InvalidEvent
from blastlens.domain.notice import make_notice, make_undelivered_notice
from blastlens.domain.notice_texts import reference
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import ResultId, Status
from blastlens.domain.text_catalogue import Language
from blastlens.functions.batch import OutOfTime
from blastlens.functions.patient_notifications import NotificationContext, PatientNotifier
from blastlens.functions.retries import Retrier, retrier_for
from blastlens.functions.settings import NotifySettings
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

MIN_REMAINING_MS = 10_000
"""Time that has to be left to start a result; with less, it is left to the next invocation."""


@dataclass(frozen=True)
class NotifyDependencies:
    """Clients and settings of notification.

    Attributes:
        results: the results table.
        clinics: the table of clinics.
        topics: topics of the clinics.
        patients: notifies patients.
        page_url: page on which a clinician opens a result; None for none.
        language: for clinics that are not among `clinics`.
        clock: returns the time (UTC).
        sleep: waits for services that are busy.
    """

    results: ResultsTable
    clinics: ClinicsTable
    topics: ClinicTopics
    patients: PatientNotifier
    page_url: str | None
    language: Language
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of_clients(
        cls, settings: NotifySettings, dynamodb: "DynamoDBClient", sns: "SNSClient", clock: Callable[[], datetime]
    ) -> Self:
        """Return the dependencies, made from settings and clients."""
        results = ResultsTable(dynamodb, settings.results_table)
        topics = ClinicTopics(sns, settings.clinic_topic_arn)
        phones = PhonesTable(dynamodb, settings.clinics_table)
        return cls(
            results=results,
            clinics=ClinicsTable(dynamodb, settings.clinics_table),
            topics=topics,
            patients=PatientNotifier(results, phones, Endpoints(sns), topics, settings.patients),
            page_url=settings.result_page_url,
            language=settings.language,
            clock=clock,
        )


def make_handler(dependencies: NotifyDependencies, telemetry: Telemetry | None = None) -> Handler:
    """Return the Lambda handler of a batch of DynamoDB stream records.

    It returns `batchItemFailures`.
    """
    handler = _Handler(dependencies, telemetry or make_telemetry("notify"))
    return handler.telemetry.wrap(handler.handle)


@dataclass(frozen=True)
class _Handler:
    dependencies: NotifyDependencies
    telemetry: Telemetry

    def handle(self, event: Event, context: LambdaContext) -> Any:
        retrier = retrier_for(context, self.dependencies.sleep, self.telemetry)
        processor = BatchProcessor(event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
        return process_partial_response(
            event, lambda record: self._process_record(record, context, retrier), processor, context
        )

    def _process_record(self, record: DynamoDBRecord, context: LambdaContext, retrier: Retrier) -> None:
        if not _needs_notification(record):
            return
        try:
            if context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to notify of another result")
            self._notify(_identity(record), retrier)
        except Exception as error:
            self.telemetry.item_failed(_sequence_number(record), error)
            raise

    def _notify(self, identity: ResultId, retrier: Retrier) -> None:
        # The stream's image is the record at the time of the event; only the table states who was notified since.
        record = retrier.call("Look", lambda: self.dependencies.results.get(identity))
        if record is None:
            self.telemetry.logger.info("the record is deleted, nobody is notified")
            return
        due = record.due(self.dependencies.patients.settings.release)
        if due or record.owes_correction:
            self._notify_audiences(due, self._context(record, retrier))

    def _context(self, record: Record, retrier: Retrier) -> NotificationContext:
        upload = record.result.upload
        clinic = None if upload is None else retrier.call("Look", lambda: self._clinic(upload.clinic_id))
        language = self.dependencies.language if clinic is None else clinic.language
        is_prediction = record.result.status is Status.CLASSIFIED
        phones = retrier.call("Look", lambda: self.dependencies.patients.phones_of(record)) if is_prediction else []
        readings = [] if upload is None else retrier.call("Look", lambda: self.dependencies.results.readings(upload))
        topic_arn = None if clinic is None else clinic.topic_arn
        return NotificationContext(record, tuple(phones), language, topic_arn, tuple(readings), retrier)

    def _clinic(self, clinic_id: str) -> Clinic | None:
        return self.dependencies.clinics.get(clinic_id)

    def _notify_audiences(self, due: Sequence[Audience], context: NotificationContext) -> None:
        if Audience.CLINIC in due:
            is_left_to_clinic = self._notify_clinic(context)
            self._mark(Audience.CLINIC, context, is_left_to_clinic)
            if is_left_to_clinic:
                return
        if Audience.PATIENT in due or context.record.owes_correction:
            if not self.dependencies.patients.notify(context):
                self._leave_to_clinic(context)
            elif Audience.PATIENT in due:
                self._mark(Audience.PATIENT, context)

    def _notify_clinic(self, context: NotificationContext) -> bool:
        """Notify the clinic.

        Returns whether the notice states that only the clinic can notify the patient.
        """
        reach = self.dependencies.patients.reach(context.record, context.phones)
        options = NoticeOptions(context.language, context.standing(Audience.CLINIC), reach)
        notice = make_notice(Audience.CLINIC, context.record, self.dependencies.page_url, options)
        context.notify_clinic(self.dependencies.topics, notice)
        waits = context.record.waits_for_sign_off(self.dependencies.patients.settings.release)
        return reach is PatientNotification.NOBODY and context.record.finding is not None and not waits

    def _leave_to_clinic(self, context: NotificationContext) -> None:
        """Notify the clinic that no phone was reached.

        Its first notice stated that the patient is notified.
        """
        context.notify_clinic(self.dependencies.topics, make_undelivered_notice(context.record, context.language))
        context.retrier.call("Mark", lambda: self.dependencies.results.leave_to_clinic(context.record.id))

    def _mark(self, audience: Audience, context: NotificationContext, left_to_clinic: bool = False) -> None:
        record, results, notified_at = context.record, self.dependencies.results, self.dependencies.clock()
        seconds = (notified_at - record.result.uploaded_at).total_seconds()
        context.retrier.call(
            "Mark", lambda: results.mark_notified(record.id, audience, notified_at, seconds, left_to_clinic)
        )
        self.telemetry.count("NoticePublished")
        self.telemetry.seconds("UploadToNotice", seconds)
        self.telemetry.logger.info("notified", audience=str(audience), upload_id=reference(record))


def _needs_notification(record: DynamoDBRecord) -> bool:
    """Return whether a record is new, was signed, or is marked for notification."""
    if record.event_name is DynamoDBRecordEventName.MODIFY:
        image = (record.dynamodb.new_image if record.dynamodb else None) or {}
        return ASKED_AGAIN in image or SIGNED_OFF in image
    return record.event_name is DynamoDBRecordEventName.INSERT


def _identity(stream_record: DynamoDBRecord) -> ResultId:
    keys = (stream_record.dynamodb.keys if stream_record.dynamodb else None) or {}
    upload, reading = keys.get("upload"), keys.get("reading")
    if not isinstance(upload, str) or not isinstance(reading, str):
        raise InvalidEvent("the stream's record has no keys of a result")
    return ResultId(upload, reading)


def _sequence_number(stream_record: DynamoDBRecord) -> str:
    return (stream_record.dynamodb.sequence_number if stream_record.dynamodb else None) or "unknown"
