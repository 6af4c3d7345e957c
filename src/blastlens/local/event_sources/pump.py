"""Threads that run the pumps of a stack's event source mappings."""

import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from blastlens.local.clients import LocalClients
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.mappings import QueueMapping, StreamMapping
from blastlens.local.event_sources.queue_pump import QueuePump
from blastlens.local.event_sources.stream_pump import StreamPump

RETRY_SECONDS = 2
"""Default delay before a failed message is received again."""

_log = logging.getLogger(__name__)

Job = Callable[[threading.Event], None]


@dataclass
class Pumps:
    """Threads that run until the context ends.

    Attributes:
        jobs: name → function to run; its argument is the event that stops it.
    """

    jobs: Mapping[str, Job]
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for name, job in self.jobs.items():
            thread = threading.Thread(target=self._keep_running, args=(name, job), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _keep_running(self, name: str, job: Job) -> None:
        # Like Lambda's pollers, pumps continue after an error of the service.
        while not self._stop.is_set():
            try:
                job(self._stop)
            except Exception:
                _log.exception("The pump of %s failed and is restarted.", name)
                self._stop.wait(1)


def make_pumps(
    mappings: Iterable[QueueMapping | StreamMapping],
    functions: Mapping[str, Function],
    clients: LocalClients,
    retry_seconds: int | None = RETRY_SECONDS,
) -> Pumps:
    """Return a pump for each event source mapping.

    Args:
        mappings: event source mappings of a stack.
        functions: logical id → function.
        clients: clients of the embedded services.
        retry_seconds: see `QueuePump`; None for the queues' own visibility timeout.
    """
    jobs: dict[str, Job] = {}
    for mapping in mappings:
        if isinstance(mapping, QueueMapping):
            jobs[f"queue of {mapping.function}"] = queue_pump(mapping, functions, clients, retry_seconds).run
        else:
            jobs[f"stream of {mapping.function}"] = stream_pump(mapping, functions, clients).run
    return Pumps(jobs)


def queue_pump(
    mapping: QueueMapping, functions: Mapping[str, Function], clients: LocalClients, retry_seconds: int | None
) -> QueuePump:
    """Return the pump of one queue."""
    sqs = clients.client("sqs")
    return QueuePump(sqs, _queue_url(sqs, mapping.queue_arn), mapping, functions[mapping.function], retry_seconds)


def stream_pump(mapping: StreamMapping, functions: Mapping[str, Function], clients: LocalClients) -> StreamPump:
    """Return the pump of one stream."""
    discard = _failure_destination(mapping.failure_arn, clients)
    return StreamPump(clients.client("dynamodbstreams"), mapping, functions[mapping.function], discard)


def _failure_destination(arn: str | None, clients: LocalClients) -> Callable[[dict[str, Any]], None]:
    """Return a function that sends an invocation record to a failure destination."""
    if arn is None:
        return lambda record: _log.warning("Records were discarded without a failure destination: %s", record)
    if ":sns:" in arn:
        sns = clients.client("sns")
        return lambda record: sns.publish(TopicArn=arn, Message=json.dumps(record))
    sqs = clients.client("sqs")
    url = _queue_url(sqs, arn)
    return lambda record: sqs.send_message(QueueUrl=url, MessageBody=json.dumps(record))


def _queue_url(sqs: Any, arn: str) -> str:
    return str(sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])
