"""The notify function: follows the table's stream and tells clinic and patient of each new result.

A patient may have to wait until a clinician has signed: the sign-off comes through the same stream. Who had been told
something else by then is told once more. Every audience is told at least once. It is told twice only when SNS took a
notice and DynamoDB then failed to note it: the mark is set after publishing, because a notice that comes twice does
less harm than one that never comes.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.notifications.notices import ClinicTopics
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.items import SIGNED_OFF
from blastlens.cloud.tables.outbox import ASKED_AGAIN
from blastlens.cloud.tables.results import ResultsTable
from blastlens.domain.errors import InvalidEvent
from blastlens.domain.notice import make_notice, make_undelivered_notice
from blastlens.domain.notice_texts import reference
from blastlens.domain.notification_plan import NoticeOptions, PatientNotification
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import ResultId, Status
from blastlens.domain.text_catalogue import Language
from blastlens.functions.batch import OutOfTime
from blastlens.functions.patient_notifications import Occasion, TellingPatients
from blastlens.functions.retries import Steps, steps_of
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry

MIN_REMAINING_MS = 10_000
"""A result that is begun with less time left might be told and not marked; it is left to the next invocation."""


@dataclass(frozen=True)
class NotifyParts:
    """What telling needs.

    Attributes:
        results: where records lie.
        clinics: who the clinics are.
        topics: where clinics' notices go.
        patients: tells patients.
        page_url: page on which a clinician opens a result; None for none.
        language: for clinics that are not among `clinics`.
        clock: tells the time (UTC).
        sleep: waits for services that are busy.
    """

    results: ResultsTable
    clinics: ClinicsTable
    topics: ClinicTopics
    patients: TellingPatients
    page_url: str | None
    language: Language
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
        due = record.due(self.parts.patients.settings.release)
        if due or record.owes_correction:
            self._tell_those(due, self._occasion(record, steps))

    def _occasion(self, record: Record, steps: Steps) -> Occasion:
        upload = record.result.upload
        clinic = None if upload is None else steps.take("Look", lambda: self.parts.clinics.get(upload.clinic_id))
        language = self.parts.language if clinic is None else clinic.language
        is_prediction = record.result.status is Status.CLASSIFIED
        phones = steps.take("Look", lambda: self.parts.patients.phones_of(record)) if is_prediction else []
        return Occasion(record, tuple(phones), language, None if clinic is None else clinic.topic_arn, steps)

    def _tell_those(self, due: Sequence[Audience], occasion: Occasion) -> None:
        if Audience.CLINIC in due:
            tells_alone = self._tell_clinic(occasion)
            self._mark(Audience.CLINIC, occasion, tells_alone)
            if tells_alone:
                return
        if Audience.PATIENT in due or occasion.record.owes_correction:
            if not self.parts.patients.tell(occasion):
                self._leave_to_clinic(occasion)
            elif Audience.PATIENT in due:
                self._mark(Audience.PATIENT, occasion)

    def _tell_clinic(self, occasion: Occasion) -> bool:
        """Tell the clinic; return whether it has read that it alone tells the patient."""
        reach = self.parts.patients.reach(occasion.record, occasion.phones)
        telling = NoticeOptions(occasion.language, reach=reach)
        notice = make_notice(Audience.CLINIC, occasion.record, self.parts.page_url, telling)
        occasion.tell_clinic(self.parts.topics, notice)
        waits = occasion.record.waits_for_sign_off(self.parts.patients.settings.release)
        return reach is PatientNotification.NOBODY and occasion.record.finding is not None and not waits

    def _leave_to_clinic(self, occasion: Occasion) -> None:
        """Tell the clinic, which believes that the patient is told, that nobody was reached."""
        occasion.tell_clinic(self.parts.topics, make_undelivered_notice(occasion.record, occasion.language))
        occasion.steps.take("Mark", lambda: self.parts.results.leave_to_clinic(occasion.record.id))

    def _mark(self, audience: Audience, occasion: Occasion, left_to_clinic: bool = False) -> None:
        record, results, told_at = occasion.record, self.parts.results, self.parts.clock()
        seconds = (told_at - record.result.uploaded_at).total_seconds()
        occasion.steps.take("Mark", lambda: results.mark_told(record.id, audience, told_at, seconds, left_to_clinic))
        self.telemetry.count("NoticePublished")
        self.telemetry.seconds("UploadToNotice", seconds)
        self.telemetry.logger.info("told", audience=str(audience), upload_id=reference(record))


def _is_asked_for(record: DynamoDBRecord) -> bool:
    """Tell whether a record is new, was signed, or was touched by an operator so that it is looked at again."""
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
