"""The environment of a scenario: services, handlers, pumps, clock and faults."""

import io
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from blastlens.cloud.images import ImageStore
from blastlens.cloud.notifications.clinic_readers import EVERY_CLINIC
from blastlens.cloud.notifications.endpoints import Endpoints
from blastlens.cloud.object_versions import ObjectVersions
from blastlens.cloud.operations.dead_letters import DeadLetterQueue
from blastlens.cloud.operations.erasure import Erasure
from blastlens.cloud.operations.reconciliation import Reconciliation
from blastlens.cloud.settle_queue import SettleQueue
from blastlens.cloud.tables.contents import ContentsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.patient_items import PatientItems
from blastlens.cloud.tables.phones import PhonesTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.cloud.tables.tombstones import Tombstones
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.field import PixelSize
from blastlens.domain.notification_plan import PatientRelease, PatientSettings
from blastlens.domain.text_catalogue import Language
from blastlens.functions import classify, examine, notify
from blastlens.functions.classification import ClassificationDependencies
from blastlens.functions.reviewing import Reviewing
from blastlens.functions.settings import NotifySettings
from blastlens.functions.telemetry import Telemetry, make_telemetry
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.mappings import StreamMapping
from blastlens.local.event_sources.queue_pump import QueuePump
from blastlens.local.event_sources.stream_pump import StreamPump
from tests.answers import BUCKET, NOON, PAGE
from tests.aws import CLINICS_TABLE, CONTENTS_TABLE, EXAMINATIONS_TABLE, PATIENT_ACCESS_TABLE, REVIEWS_TABLE, TABLE
from tests.failing_clients import Decide, Died, Fault, FaultyClient
from tests.functional.faults.cloud import Clock, Cloud, in_memory
from tests.functional.faults.fields import ShadeReader
from tests.functional.faults.phones import Phones
from tests.functional.faults.rules import examination_rules, field_rules, max_receives, reminder_rules, upload_rules
from tests.functional.faults.tally import Tally
from tests.functional.faults.witness import Witness

FUNCTION_SECONDS = 90.0
QUIET = timedelta(seconds=180)
Handle = Callable[[Any, Any], Any]
_NUMBERS = [f"ApproximateNumberOfMessages{which}" for which in ("", "NotVisible", "Delayed")]

# Loggers are shared by name: one log for all scenarios, emptied before each.
_log = io.StringIO()
_telemetry: dict[str, Telemetry] = {}


@dataclass(frozen=True)
class Armed:
    """A fault that is injected into a later call.

    Attributes:
        skip: how many calls pass before it.
        fault: the fault; None calls `meanwhile` instead.
        meanwhile: called before the call.
    """

    skip: int
    fault: Fault | None = None
    meanwhile: Callable[[], None] = lambda: None


@dataclass
class Context:
    """The context of an invocation; the time left follows the scenario's clock."""

    clock: Callable[[], datetime]
    ends_at: datetime
    function_name: str = "function"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:function"
    aws_request_id: str = "request"

    def get_remaining_time_in_millis(self) -> int:
        """The time left."""
        return max(0, round((self.ends_at - self.clock()).total_seconds() * 1000))


class World:
    """Everything of one scenario."""

    def __init__(self, tally: Tally, make_cloud: Callable[[Clock], Cloud] = in_memory):
        self.tally = tally
        self.now = NOON
        self.image_seconds = 1.0
        self.function_seconds = FUNCTION_SECONDS
        self.release = PatientRelease.AUTOMATIC
        self.armed: deque[Armed] = deque()
        self.constant: Decide | None = None
        self.injected: list[tuple[Fault, str, Mapping[str, Any]]] = []
        self.cloud = make_cloud(self.clock)
        self.phones = Phones(self.cloud)
        self.witness = Witness(self.cloud, lambda: self.release)
        self.reader: Any = ShadeReader()
        self._iterators: dict[str, dict[str, str]] = {}
        _log.seek(0)
        _log.truncate()
        self.start()

    def start(self) -> None:
        """Restart the functions, as after the end of their process, or with another model."""
        cloud, sqs = self.cloud, self._faulty(self.cloud.queues)
        tables = self._faulty(cloud.tables)
        results, examinations = ResultsTable(tables, TABLE), ExaminationsTable(tables, EXAMINATIONS_TABLE)
        images, contents = ImageStore(self._faulty(cloud.objects)), ContentsTable(tables, CONTENTS_TABLE)
        parts = ClassificationDependencies(images, results, contents, self, self.clock, sleep=self.sleep)
        queue = UploadQueue(sqs, cloud.uploads, cloud.dead)
        handle = classify.make_handler(parts, queue, max_receives("UploadQueue"), _shared_telemetry("classify"))
        # No faults are injected into the calls of Lambda itself.
        self.upload_pump = QueuePump(cloud.queues, cloud.uploads, upload_rules(), self._function(handle), None)
        settle = SettleQueue(sqs, cloud.settle, cloud.uploads)
        reviews = ReviewsTable(tables, REVIEWS_TABLE, EXAMINATIONS_TABLE)
        self.examining = examine.ExamineDependencies(
            results, examinations, reviews, settle, QUIET, self.clock, self.sleep
        )
        handle = examine.make_handler(self.examining, _shared_telemetry("examine"))
        self.reminder_pump = QueuePump(cloud.queues, cloud.settle, reminder_rules(), self._function(handle), None)
        self.field_pump = self._stream_pump(field_rules(), cloud.field_stream, handle, cloud.failed_examinations)
        notifying = notify.NotifyDependencies.of_clients(
            self._notify_settings(), tables, self._faulty(cloud.topics), self.clock
        )
        handle = notify.make_handler(replace(notifying, sleep=self.sleep), _shared_telemetry("notify"))
        self.notice_pump = self._stream_pump(
            examination_rules(), cloud.examination_stream, handle, cloud.failed_notices
        )
        self.dead_letters = DeadLetterQueue(sqs, cloud.dead, cloud.uploads)
        self.dead_reminders = DeadLetterQueue(sqs, cloud.failed_examinations, cloud.settle)

    def _notify_settings(self) -> NotifySettings:
        return NotifySettings(
            examinations_table=EXAMINATIONS_TABLE,
            clinics_table=CLINICS_TABLE,
            clinic_topic_arn=self.cloud.clinic_topic,
            report_topic_arn=self.cloud.report_topic,
            email_subscription=self.cloud.subscription,
            email_clinic=EVERY_CLINIC,
            result_page_url=PAGE,
            language=Language.ENGLISH,
            patients=PatientSettings(self.release),
        )

    def _stream_pump(self, rules: StreamMapping, arn: str, handle: Handle, failures: str) -> StreamPump:
        def discard(note: dict[str, Any]) -> None:
            self.cloud.queues.send_message(QueueUrl=failures, MessageBody=json.dumps(note))

        place = self._iterators.setdefault(arn, {})
        rules = replace(rules, stream_arn=arn)
        return StreamPump(self.cloud.streams, rules, self._function(handle), discard, 0, 0, _iterators=place)

    # ---- what lies in the services ----------------------------------------------------------------------------------

    def items(self) -> list[dict[str, Any]]:
        """Return every item of the table of results."""
        return list(self.cloud.tables.scan(TableName=TABLE)["Items"])

    @property
    def examinations(self) -> ExaminationsTable:
        """The table of examinations; nothing fails there."""
        return ExaminationsTable(self.cloud.tables, EXAMINATIONS_TABLE)

    @property
    def reviewing(self) -> Reviewing:
        """Stores reviews, where calls fail as decided."""
        parts = self.examining
        return Reviewing(parts.examinations, parts.reviews, parts.results, QUIET, self.clock)

    @property
    def reconciliation(self) -> Reconciliation:
        """Compares what lies in the services, where calls fail as decided."""
        parts, objects = self.examining, ObjectVersions(self._faulty(self.cloud.objects), BUCKET)
        tables = parts.results, parts.examinations, parts.reviews
        return Reconciliation(objects, *tables, parts.queue, QUIET, self.release, self.clock)

    @property
    def erasure(self) -> Erasure:
        """Erases patients, where calls fail as decided."""
        tables = self._faulty(self.cloud.tables)
        return Erasure(
            ObjectVersions(self._faulty(self.cloud.objects), BUCKET),
            PatientItems(tables, TABLE, EXAMINATIONS_TABLE, CONTENTS_TABLE, REVIEWS_TABLE),
            Tombstones(tables, EXAMINATIONS_TABLE, CONTENTS_TABLE),
            PhonesTable(tables, CLINICS_TABLE),
            Endpoints(self._faulty(self.cloud.topics)),
            self.clock,
            PatientAccessTable(tables, PATIENT_ACCESS_TABLE),
        )

    @property
    def faulty_examinations(self) -> ExaminationsTable:
        """The same table, where calls fail as decided."""
        return ExaminationsTable(self._faulty(self.cloud.tables), EXAMINATIONS_TABLE)

    def waiting(self, queue: str) -> int:
        """Return the number of messages in a queue, those that are received or delayed included."""
        numbers = self.cloud.queues.get_queue_attributes(QueueUrl=queue, AttributeNames=_NUMBERS)["Attributes"]
        return sum(int(numbers[name]) for name in _NUMBERS)

    # ---- the reader is the world: reading takes time ----------------------------------------------------------------

    @property
    def identity(self) -> Any:
        """The model that answers."""
        return self.reader.identity

    @property
    def examination(self) -> Any:
        """Its constants for examinations."""
        return self.reader.examination

    def read_bytes(self, data: bytes, declared: PixelSize | None = None) -> Any:
        """Read an image, which takes its time."""
        self.sleep(self.image_seconds)
        return self.reader.read_bytes(data, declared)

    # ---- time and faults --------------------------------------------------------------------------------------------

    def clock(self) -> datetime:
        """What time it is."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def decide(self, operation: str, arguments: Mapping[str, Any]) -> Fault | None:
        """Return the fault of a call; None for none."""
        fault = self._choose(operation, arguments)
        self.witness.see(operation, arguments)
        return fault

    def _choose(self, operation: str, arguments: Mapping[str, Any]) -> Fault | None:
        if self.constant is not None:
            return self.constant(operation, arguments)
        if not self.armed:
            return None
        first = self.armed[0]
        if first.skip > 0:
            self.armed[0] = replace(first, skip=first.skip - 1)
            return None
        self.armed.popleft()
        if first.fault is None:
            first.meanwhile()
            self.witness.interrupt()
            return None
        self.injected.append((first.fault, operation, arguments))
        self.tally.faults[str(first.fault)] += 1
        return first.fault

    def _faulty(self, client: Any) -> Any:
        return FaultyClient(client, self.decide)

    def survive(self, work: Callable[[], Any]) -> None:
        """Call `work`; if the process dies in it, restart the functions."""
        try:
            work()
        except Died:
            self.start()

    # ---- what drives the functions ----------------------------------------------------------------------------------

    def pump_uploads(self) -> None:
        """Process one batch of uploads."""
        self.survive(self.upload_pump.pump_once)

    def pump_fields(self) -> None:
        """Process one batch of new field records."""
        self.survive(lambda: self.field_pump.pump_once(threading.Event()))

    def pump_reminders(self) -> None:
        """Process one batch of the delayed messages about examinations."""
        self.survive(self.reminder_pump.pump_once)

    def pump_notices(self) -> None:
        """Process one batch of changed examinations."""
        self.survive(lambda: self.notice_pump.pump_once(threading.Event()))

    def pump_streams(self) -> None:
        """Process the rest of both streams."""
        for pump in (self.field_pump, self.notice_pump):
            while pump.pump_once(threading.Event()):
                pass

    def _function(self, handler: Handle) -> Function:
        def call(event: Any, _: Any) -> Any:
            self.tally.invocations += 1
            return handler(event, Context(self.clock, self.now + timedelta(seconds=self.function_seconds)))

        return Function("function", call)

    @contextmanager
    def without_faults(self) -> Iterator[None]:
        """Inject no more faults."""
        self.armed.clear()
        self.function_seconds, self.image_seconds = FUNCTION_SECONDS, 1.0
        yield

    @property
    def log(self) -> str:
        """What the functions wrote in this scenario."""
        return _log.getvalue()


def _shared_telemetry(function: str) -> Telemetry:
    if function not in _telemetry:
        _telemetry[function] = make_telemetry(f"faults.{function}", _log)
    return _telemetry[function]
