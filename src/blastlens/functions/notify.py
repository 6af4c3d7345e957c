"""The notify function: follows the table's stream and tells clinic and patient of each new result.

A patient may have to wait until a clinician has signed: the sign-off comes through the same stream. Every audience is
told at least once. It is told twice only when SNS took a notice and DynamoDB then failed to note it: the mark is set
after publishing, because a notice that comes twice does less harm than one that never comes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord, DynamoDBRecordEventName
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.cloud.clinics import ClinicsTable
from blastlens.cloud.notices import ClinicTopics
from blastlens.cloud.results import ResultsTable
from blastlens.domain.catalogue import Language
from blastlens.domain.clinic import Phone
from blastlens.domain.errors import InvalidEvent
from blastlens.domain.notice import notice_for
from blastlens.domain.record import Audience, Record
from blastlens.domain.result import ResultId, Status
from blastlens.domain.telling import Telling
from blastlens.domain.wording import reference
from blastlens.functions.telemetry import Event, Handler, Telemetry, make_telemetry
from blastlens.functions.telling_patients import TellingPatients

_TOLD_OF = (DynamoDBRecordEventName.INSERT, DynamoDBRecordEventName.MODIFY)


@dataclass(frozen=True)
class NotifyParts:
    """What telling needs.

    Attributes:
        results: where records lie.
        clinics: who the clinics are.
        topics: where clinics' notices go.
        patients: tells patients.
        page_url: page on which a clinician opens a result.
        language: for clinics that are not among `clinics`.
        clock: tells the time (UTC).
    """

    results: ResultsTable
    clinics: ClinicsTable
    topics: ClinicTopics
    patients: TellingPatients
    page_url: str
    language: Language
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
        # The mapping lets new records and signed ones through; of any other nobody is owed anything.
        if record.event_name not in _TOLD_OF:
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
        due = record.due(self.parts.patients.settings.release)
        if not due:
            return
        upload = record.result.upload
        clinic = None if upload is None else self.parts.clinics.get(upload.clinic_id)
        language = self.parts.language if clinic is None else clinic.language
        topic_arn = None if clinic is None else clinic.topic_arn
        phones = self.parts.patients.phones_of(record) if record.result.status is Status.CLASSIFIED else []
        if Audience.CLINIC in due:
            self._tell_clinic(record, phones, language, topic_arn)
            self._note(record, Audience.CLINIC)
        if Audience.PATIENT in due and self.parts.patients.tell(record, phones, language, topic_arn):
            self._note(record, Audience.PATIENT)

    def _tell_clinic(self, record: Record, phones: list[Phone], language: Language, topic_arn: str | None) -> None:
        reach = self.parts.patients.reach(record, phones)
        notice = notice_for(Audience.CLINIC, record, self.parts.page_url, Telling(language, reach=reach))
        self.parts.topics.tell(notice, topic_arn)

    def _note(self, record: Record, audience: Audience) -> None:
        self.parts.results.mark_told(record.id, audience, self.parts.clock())
        self.telemetry.count("NoticePublished")
        self.telemetry.logger.info("told", audience=str(audience), upload_id=reference(record))


def _identity(stream_record: DynamoDBRecord) -> ResultId:
    keys = (stream_record.dynamodb.keys if stream_record.dynamodb else None) or {}
    upload, reading = keys.get("upload"), keys.get("reading")
    if not isinstance(upload, str) or not isinstance(reading, str):
        raise InvalidEvent("the stream's record has no keys of a result")
    return ResultId(upload, reading)


def _sequence_number(stream_record: DynamoDBRecord) -> str:
    return (stream_record.dynamodb.sequence_number if stream_record.dynamodb else None) or "unknown"
