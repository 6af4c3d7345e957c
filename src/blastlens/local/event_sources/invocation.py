"""Calls a handler as Lambda would: an event made of JSON, a context, a time limit, an answer made of JSON."""

import json
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from blastlens.local.clients import REGION

Handler = Callable[[dict[str, Any], Any], Any]

ACCOUNT = "123456789012"

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler of the invocation; the names are Lambda's.

    Attributes:
        function_name: the function.
        memory_limit_in_mb: its memory.
        deadline: when its time is over, on the monotonic clock.
        aws_request_id: the invocation's id.
    """

    function_name: str
    memory_limit_in_mb: int
    deadline: float
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return function_arn(self.function_name)

    @property
    def log_group_name(self) -> str:
        """Where its log would go."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """The part of the log that would be this environment's."""
        return f"local/[{self.function_version}]"

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left, 0 when the time is over."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended.

    Attributes:
        request_id: the invocation's id.
        payload: what the handler returned, as JSON carries it; None where it failed.
        error: what went wrong, in one line; None where nothing did.
    """

    request_id: str
    payload: Any = None
    error: str | None = None


@dataclass(frozen=True)
class Function:
    """A handler with its limits.

    Attributes:
        name: the function's name.
        handler: what is called with event and context.
        timeout_seconds: how long one invocation may take.
        memory_mb: what the context tells.
    """

    name: str
    handler: Handler
    timeout_seconds: float = 60
    memory_mb: int = 128

    def invoke(self, event: Mapping[str, Any]) -> InvocationResult:
        """Call the handler; whatever it raises becomes the answer's error.

        A handler that overstays its time cannot be stopped in this process: it is waited for, and its work
        then counts as failed, as if Lambda had ended it.
        """
        deadline = time.monotonic() + self.timeout_seconds
        context = Context(self.name, self.memory_mb, deadline)
        try:
            returned = self.handler(json.loads(json.dumps(event)), context)
            payload = json.loads(json.dumps(returned))
        except (Exception, SystemExit) as fault:
            return self._failed(context, f"{type(fault).__name__}: {fault}", fault)
        if time.monotonic() > deadline:
            return self._failed(context, f"Task timed out after {self.timeout_seconds:.2f} seconds", None)
        return InvocationResult(context.aws_request_id, payload)

    def _failed(self, context: Context, error: str, fault: BaseException | None) -> InvocationResult:
        _log.warning("%s failed: %s", self.name, error, exc_info=fault)
        return InvocationResult(context.aws_request_id, error=error)


def function_arn(name: str) -> str:
    """Return the ARN that a function of this name would have."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
