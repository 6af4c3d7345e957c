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
from blastlens.cloud.operations.dead_letters import DeadLetterQueue
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.field import PixelSize
from blastlens.domain.notification_plan import PatientRelease, PatientSettings
from blastlens.domain.text_catalogue import Language
from blastlens.functions import classify, notify
from blastlens.functions.classification import ClassificationDependencies
from blastlens.functions.settings import NotifySettings
from blastlens.functions.telemetry import Telemetry, make_telemetry
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.queue_pump import QueuePump
from blastlens.local.event_sources.stream_pump import StreamPump
from tests.answers import NOON, PAGE
from tests.aws import CLINICS_TABLE, TABLE
from tests.failing_clients import Decide, Died, Fault, FaultyClient
from tests.functional.faults.cloud import Clock, Cloud, in_memory
from tests.functional.faults.phones import Phones
from tests.functional.faults.rules import max_receives, queue_rules, stream_rules
from tests.functional.faults.tally import Tally
from tests.functional.quick_reader import QuickReader

FUNCTION_SECONDS = 90.0
_NUMBERS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

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


@dataclass(frozen=True)
class TwoTables:
    """Stands in for the one client that reaches both tables."""

    results: Any
    phones: Any

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            table = self.phones if arguments["TableName"] == CLINICS_TABLE else self.results
            return getattr(table, operation)(**arguments)

        return self.results.exceptions if operation == "exceptions" else call


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
        self.reader: Any = QuickReader()
        _log.seek(0)
        _log.truncate()
        self.start()

    def start(self) -> None:
        """Restart the functions, as after the end of their process, or with another model."""
        cloud, sqs = self.cloud, self._faulty(self.cloud.queues)
        results = ResultsTable(self._faulty(cloud.table), TABLE)
        parts = ClassificationDependencies(
            ImageStore(self._faulty(cloud.objects)), results, self, self.clock, sleep=self.sleep
        )
        queue = UploadQueue(sqs, cloud.uploads, cloud.dead)
        self._classify = classify.make_handler(parts, queue, max_receives(), _shared_telemetry("classify"))
        patients = PatientSettings(self.release)
        settings = NotifySettings(TABLE, CLINICS_TABLE, cloud.clinic_topic, PAGE, Language.ENGLISH, patients)
        tables: Any = TwoTables(self._faulty(cloud.table), self._faulty(cloud.phones))
        dependencies = notify.NotifyDependencies.of_clients(settings, tables, self._faulty(cloud.topics), self.clock)
        self._notify = notify.make_handler(replace(dependencies, sleep=self.sleep), _shared_telemetry("notify"))
        # No faults are injected into the calls of Lambda itself.
        self.queue_pump = QueuePump(cloud.queues, cloud.uploads, queue_rules(), self._function(self._classify), None)
        rules = replace(stream_rules(), stream_arn=cloud.stream)
        pump = StreamPump(cloud.streams, rules, self._function(self._notify), self._discard)
        self.stream_pump = replace(pump, retry_seconds=0, _iterators=getattr(self, "_iterators", {}))
        self._iterators = self.stream_pump._iterators
        self.dead_letters = DeadLetterQueue(sqs, cloud.dead, cloud.uploads)

    # ---- what lies in the services ----------------------------------------------------------------------------------

    def items(self) -> list[dict[str, Any]]:
        """Return every item of the table of results."""
        return list(self.cloud.table.scan(TableName=TABLE)["Items"])

    def waiting(self, queue: str) -> int:
        """Return the number of messages in a queue, visible or not."""
        numbers = self.cloud.queues.get_queue_attributes(QueueUrl=queue, AttributeNames=list(_NUMBERS))["Attributes"]
        return sum(int(numbers[name]) for name in _NUMBERS)

    # ---- the reader is the world: reading takes time ----------------------------------------------------------------

    @property
    def identity(self) -> Any:
        """The model that answers."""
        return self.reader.identity

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

    def pump_queue(self) -> None:
        """Process one batch of the queue."""
        self.survive(self.queue_pump.pump_once)

    def pump_stream(self) -> None:
        """Process one batch of the table's stream."""
        self.survive(lambda: self.stream_pump.pump_once(threading.Event()))

    def pump_whole_stream(self) -> None:
        """Process the rest of the table's stream."""
        while self.stream_pump.pump_once(threading.Event()):
            pass

    def _function(self, handler: Callable[[Any, Any], Any]) -> Function:
        def call(event: Any, _: Any) -> Any:
            self.tally.invocations += 1
            return handler(event, Context(self.clock, self.now + timedelta(seconds=self.function_seconds)))

        return Function("function", call)

    def _discard(self, note: dict[str, Any]) -> None:
        self.cloud.queues.send_message(QueueUrl=self.cloud.failed_notices, MessageBody=json.dumps(note))

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
