"""The notify function: notices of examinations to clinic, patient and systems.

It follows the stream of the examinations. Every audience is told each meaning once: the mark is set after publishing,
because a duplicate notice does less harm than a missing one, so a second time happens only where SNS accepted a notice
and the mark then failed. A clinic that nobody reads for leaves its notice owed, and an alarm is raised.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.notifications.clinic_readers import ClinicReaders
from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.notifications.subscriptions import Subscriptions
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.domain.errors import BlastlensError, InvalidEvent
from blastlens.domain.examination import Examination, Meaning, Told
from blastlens.domain.notice import make_clinic_notice, make_report_notice, make_undelivered_notice
from blastlens.domain.notification_plan import NoticeOptions
from blastlens.domain.record import Audience
from blastlens.domain.text_catalogue import Language
from blastlens.domain.upload import ExaminationId, is_valid_id
from blastlens.functions.batch import OutOfTime
from blastlens.functions.patient_notifications import BrowserPush, NotificationContext, PatientNotifier
from blastlens.functions.retries import Retrier, retrier_for
from blastlens.functions.settings import NotifySettings
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

MIN_REMAINING_MS = 10_000
"""Time that has to be left to start an examination; with less, it is left to the next invocation."""


@dataclass(frozen=True)
class NotifyDependencies:
    """Clients and settings of notification.

    Attributes:
        examinations: the examinations table.
        clinics: the table of clinics.
        readers: finds out whether somebody reads a clinic's notices.
        topics: topics of the clinics and of the reports.
        patients: notifies patients.
        page_url: page on which a clinician opens an examination; None for none.
        language: for clinics that are not in the table.
        clock: returns the time (UTC).
        sleep: waits for services that are busy.
    """

    examinations: ExaminationsTable
    clinics: ClinicsTable
    readers: ClinicReaders
    topics: ClinicTopics
    patients: PatientNotifier
    page_url: str | None
    language: Language
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of_clients(
        cls,
        settings: NotifySettings,
        dynamodb: "DynamoDBClient",
        sns: "SNSClient",
        clock: Callable[[], datetime],
        browser_push: BrowserPush | None = None,
    ) -> Self:
        """Return the dependencies, made from settings and clients."""
        examinations = ExaminationsTable(dynamodb, settings.examinations_table)
        topics = ClinicTopics(sns, settings.clinic_topic_arn, settings.report_topic_arn)
        phones = PhonesTable(dynamodb, settings.clinics_table)
        return cls(
            examinations=examinations,
            clinics=ClinicsTable(dynamodb, settings.clinics_table),
            readers=ClinicReaders(Subscriptions(sns), settings.email_subscription, settings.email_clinic),
            topics=topics,
            patients=PatientNotifier(examinations, phones, Endpoints(sns), topics, settings.patients, browser_push),
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
        if record.event_name is DynamoDBRecordEventName.REMOVE:
            return
        try:
            if context.get_remaining_time_in_millis() < MIN_REMAINING_MS:
                raise OutOfTime("too little time is left to notify of another examination")
            self._notify(_identity(record), retrier)
        except Exception as error:
            self.telemetry.item_failed(_sequence_number(record), error)
            raise

    def _notify(self, identity: ExaminationId, retrier: Retrier) -> None:
        # The stream's image is the examination at the time of the event; only the table states what came of it since.
        examination = retrier.call("Look", lambda: self.dependencies.examinations.get(identity))
        if examination is None:
            self.telemetry.logger.info("the examination is deleted, nobody is notified")
            return
        release = self.dependencies.patients.settings.release
        owed = {one: meaning for one in Audience if (meaning := examination.owes(one, release)) is not None}
        if not owed:
            return
        context = self._context(examination, retrier)
        errors = [error for one, meaning in owed.items() if (error := self._attempt(one, meaning, context))]
        if errors:
            raise errors[0]

    def _attempt(self, audience: Audience, meaning: Meaning, context: NotificationContext) -> BlastlensError | None:
        """Notify an audience, and return the error: what fails for one audience does not keep it from the others."""
        notify = {
            Audience.CLINIC: self._notify_clinic,
            Audience.PATIENT: self._notify_patient,
            Audience.SYSTEM: self._send_report,
        }
        try:
            notify[audience](meaning, context)
        except BlastlensError as error:
            return error
        return None

    def _context(self, examination: Examination, retrier: Retrier) -> NotificationContext:
        clinic_id = examination.id.clinic_id
        clinic = retrier.call("Look", lambda: self.dependencies.clinics.get(clinic_id))
        is_read = retrier.call("Look", lambda: self.dependencies.readers.is_read(clinic_id, clinic))
        patients, now = self.dependencies.patients, self.dependencies.clock()
        phones = retrier.call("Look", lambda: patients.phones_of(examination.id))
        browsers = retrier.call("Look", lambda: patients.browsers_of(examination.id, now))
        language = self.dependencies.language if clinic is None else clinic.language
        topic_arn = None if clinic is None else clinic.topic_arn
        return NotificationContext(
            examination,
            tuple(phones),
            language,
            topic_arn,
            is_read,
            retrier,
            tuple(browsers),
            self._report_refusal,
        )

    def _report_refusal(self, status: int) -> None:
        self.telemetry.count("PushRefused")
        self.telemetry.logger.error("a push service refused a message", status=status)

    def _notify_clinic(self, meaning: Meaning, context: NotificationContext) -> None:
        if not context.is_clinic_read:
            self._leave_owed(Audience.CLINIC, context)
            return
        reach = self.dependencies.patients.reach(context)
        options = NoticeOptions(context.language, reach)
        notice = make_clinic_notice(context.examination, meaning, self.dependencies.page_url, options)
        context.notify_clinic(self.dependencies.topics, notice)
        self._mark(Audience.CLINIC, meaning, context)

    def _send_report(self, meaning: Meaning, context: NotificationContext) -> None:
        notice = make_report_notice(context.examination, context.language)
        topics = self.dependencies.topics
        context.retrier.call("Publish", lambda: topics.publish(notice, topics.report_arn))
        self._mark(Audience.SYSTEM, meaning, context)

    def _notify_patient(self, meaning: Meaning, context: NotificationContext) -> None:
        if self.dependencies.patients.notify(meaning, context):
            self._mark(Audience.PATIENT, meaning, context)
        elif context.is_clinic_read:
            self._leave_to_clinic(context)
        else:
            self._leave_owed(Audience.PATIENT, context)

    def _leave_to_clinic(self, context: NotificationContext) -> None:
        """Notify the clinic that no phone and no browser was reached, and that it has to inform the patient."""
        notice = make_undelivered_notice(context.examination, context.language)
        context.notify_clinic(self.dependencies.topics, notice)
        context.retrier.call("Mark", lambda: self.dependencies.examinations.leave_to_clinic(context.examination.id))

    def _leave_owed(self, audience: Audience, context: NotificationContext) -> None:
        """Raise an alarm for a notice that nobody would read; `blastlens reconcile` sends it later."""
        self.telemetry.count("NoticeOwed")
        self.telemetry.logger.error(
            "a notice is owed, because nobody reads for the clinic",
            audience=str(audience),
            clinic_id=context.examination.id.clinic_id,
            examination_id=context.examination.id.examination_id,
        )

    def _mark(self, audience: Audience, meaning: Meaning, context: NotificationContext) -> None:
        one, told_at = context.examination, self.dependencies.clock()
        told = Told(meaning, told_at, one.totals.basis, one.totals.last_taken_at, len(one.history))
        context.retrier.call("Mark", lambda: self.dependencies.examinations.mark_told(one.id, audience, told))
        is_of_signature = one.history and audience is not Audience.CLINIC
        since = one.history[-1].signed_at if is_of_signature else one.totals.uploaded_at
        name = "SignatureToNotice" if is_of_signature else "UploadToNotice"
        self.telemetry.count("NoticePublished")
        self.telemetry.seconds(name, (told_at - since).total_seconds())
        self.telemetry.logger.info("notified", audience=str(audience), examination_id=one.id.examination_id)


def _identity(stream_record: DynamoDBRecord) -> ExaminationId:
    keys = (stream_record.dynamodb.keys if stream_record.dynamodb else None) or {}
    patient, examination = keys.get("patient"), keys.get("examination")
    ids = f"{patient}/{examination}".split("/")
    if len(ids) != 3 or not all(is_valid_id(one) for one in ids):
        raise InvalidEvent("the stream's record has no keys of an examination")
    return ExaminationId(*ids)


def _sequence_number(stream_record: DynamoDBRecord) -> str:
    return (stream_record.dynamodb.sequence_number if stream_record.dynamodb else None) or "unknown"
