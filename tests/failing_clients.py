"""Clients with injected failures: before a call, after it, or a process exit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, IncompleteReadError, ReadTimeoutError


class Fault(StrEnum):
    """A fault of one call."""

    THROTTLED = "throttled"
    SLOW_DOWN = "slow down"
    KEY_THROTTLED = "key throttled"
    REFUSED = "refused"
    NO_CONNECTION = "no connection"
    ANSWER_LOST = "done, and the answer is lost"
    ANSWER_LATE = "done, and the answer comes too late"
    BODY_CUT = "the body is cut off"
    DIED_BEFORE = "died before"
    DIED_AFTER = "died after"


class Died(BaseException):
    """The end of the process; only the code that restarts it may catch this."""


Decide = Callable[[str, Mapping[str, Any]], Fault | None]
"""Chooses the fault of a call by operation and arguments; None for none."""

_DONE_FIRST = frozenset({Fault.ANSWER_LOST, Fault.ANSWER_LATE, Fault.BODY_CUT, Fault.DIED_AFTER})

_ANSWERED = {
    Fault.THROTTLED: ("ThrottlingException", 400),
    Fault.SLOW_DOWN: ("SlowDown", 503),
    Fault.KEY_THROTTLED: ("KMS.ThrottlingException", 400),
    Fault.REFUSED: ("AccessDenied", 403),
    Fault.ANSWER_LOST: ("InternalError", 500),
}


@dataclass(frozen=True)
class FaultyClient:
    """A boto3 client between us and the service.

    Attributes:
        client: the client that does the work.
        decide: see `Decide`; called once for each call.
    """

    client: Any
    decide: Decide

    def __getattr__(self, name: str) -> Any:
        """Return the client's own attribute; an operation fails as decided."""
        found = getattr(self.client, name)
        if not callable(found) or name.startswith(("generate_", "can_", "close", "get_paginator", "get_waiter")):
            return found

        def call(**arguments: Any) -> Any:
            fault = self.decide(name, arguments)
            if fault is None:
                return found(**arguments)
            answer = found(**arguments) if fault in _DONE_FIRST else None
            return _fail(fault, name, answer)

        return call


def _fail(fault: Fault, operation: str, answer: Any) -> Any:
    if fault in (Fault.DIED_BEFORE, Fault.DIED_AFTER):
        raise Died(f"{fault} {operation}")
    if fault is Fault.BODY_CUT and isinstance(answer, dict) and "Body" in answer:
        return answer | {"Body": _CutBody()}
    if fault is Fault.NO_CONNECTION:
        raise ConnectTimeoutError(endpoint_url="https://service.invalid")
    if fault in (Fault.ANSWER_LATE, Fault.BODY_CUT):
        raise ReadTimeoutError(endpoint_url="https://service.invalid")
    code, status = _ANSWERED[fault]
    message = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    raise ClientError(message, operation)  # type: ignore[arg-type]


class _CutBody:
    """A body that ends too early."""

    def __enter__(self) -> "_CutBody":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def read(self) -> bytes:
        """Fail as botocore's own bodies do."""
        raise IncompleteReadError(actual_bytes=1, expected_bytes=2)
