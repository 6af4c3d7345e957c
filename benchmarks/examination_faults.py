"""Faults of the calls of all functions of an embedded cloud."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from blastlens.cloud.tables.examination_items import TOLD_PREFIX
from blastlens.domain.examination import Examination
from blastlens.domain.record import Audience
from blastlens.local.clients import LocalClients
from blastlens.local.cloud import EmbeddedCloud, MakeFunctions
from blastlens.local.demo.sent_notices import pushed_notices, sent_notices
from blastlens.local.event_sources.invocation import Function
from blastlens.local.stack.deployment import Stack
from tests.failing_clients import Died, Fault, FaultyClient

# After these faults the message is sent although the call failed.
_DONE = {Fault.ANSWER_LOST, Fault.ANSWER_LATE, Fault.BODY_CUT, Fault.DIED_AFTER}


@dataclass
class Faults:
    """Chooses faults at random.

    Attributes:
        share: share of the calls that fail, 0 to 1.
        injected: how many failed, by kind.
        excused: how many messages about notices were sent without being noted, or may have been.
    """

    share: float
    injected: Counter[Fault] = field(default_factory=Counter)
    excused: int = 0
    _random: random.Random = field(default_factory=lambda: random.Random(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wrap(self, make: MakeFunctions) -> MakeFunctions:
        """Return a maker of functions whose calls fail; a process that dies fails its invocation."""

        def makes(stack: Stack, clients: LocalClients) -> Mapping[str, Function]:
            failing: Any = _FailingClients(clients, self)
            return {name: _surviving(one) for name, one in make(stack, failing).items()}

        return makes

    def decide(self, operation: str, arguments: Mapping[str, Any]) -> Fault | None:
        """Return the fault of a call; None for none."""
        with self._lock:
            if self._random.random() >= self.share:
                return None
            fault = self._random.choice(list(Fault))
            self.injected[fault] += 1
            if operation == "publish" and fault in _DONE:
                self.excused += 1
            if operation == "update_item" and fault not in _DONE and _is_mark(arguments):
                self.excused += 1
            return fault

    def count_repeats(self, cloud: EmbeddedCloud, found: Iterable[Examination]) -> dict[str, int]:
        """Return how many messages were sent more than once, without need and after a fault."""
        resources = cloud.stack.resources
        sent = {
            Audience.CLINIC: sent_notices(resources["ClinicTopic"]),
            Audience.PATIENT: pushed_notices(),
            Audience.SYSTEM: sent_notices(resources["ReportTopic"]),
        }
        again = 0
        for who, messages in sent.items():
            counts = Counter(one.examination_id for one in messages)
            for one in found:
                meanings = {(told.meaning, told.signatures) for told in one.told.get(who, ())}
                again += max(0, counts[one.id.examination_id] - len(meanings))
        repeated = min(again, self.excused)
        return {"twice": again - repeated, "repeated": repeated}


@dataclass(frozen=True)
class _FailingClients:
    """The clients of an embedded cloud, whose calls fail."""

    clients: LocalClients
    faults: Faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self.clients, name)

    def client(self, name: str) -> Any:
        """Return the failing client of a service."""
        return FaultyClient(self.clients.client(name), self.faults.decide)


def _surviving(function: Function) -> Function:
    def handle(event: dict[str, Any], context: Any) -> Any:
        try:
            return function.handler(event, context)
        except Died as end:
            raise RuntimeError(str(end)) from None

    return replace(function, handler=handle)


def _is_mark(arguments: Mapping[str, Any]) -> bool:
    names = arguments.get("ExpressionAttributeNames", {}).values()
    return any(name.startswith(TOLD_PREFIX) for name in names) or "pushed" in arguments["UpdateExpression"]
