"""Invocation of a handler as in Lambda, with context and timeout."""

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
    """The context object of an invocation; the names are Lambda's.

    Attributes:
        function_name: name of the function.
        memory_limit_in_mb: its memory.
        deadline: end of the invocation's time, on the monotonic clock.
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
        """The log group that it would have in AWS."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """The log stream that it would have in AWS."""
        return f"local/[{self.function_version}]"

    def get_remaining_time_in_millis(self) -> int:
        """Return the remaining milliseconds, 0 after the deadline."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended.

    Attributes:
        request_id: the invocation's id.
        payload: the handler's return value after JSON conversion; None if it failed.
        error: the error in one line; None without an error.
    """

    request_id: str
    payload: Any = None
    error: str | None = None


@dataclass(frozen=True)
class Function:
    """A handler with its limits.

    Attributes:
        name: the function's name.
        handler: called with event and context.
        timeout_seconds: timeout of one invocation.
        memory_mb: the memory that the context states.
    """

    name: str
    handler: Handler
    timeout_seconds: float = 60
    memory_mb: int = 128

    def invoke(self, event: Mapping[str, Any]) -> InvocationResult:
        """Call the handler; an exception becomes the result's error.

        A handler that exceeds its timeout cannot be stopped in this process. It runs to its end and then counts as
        failed, as if Lambda had ended it.
        """
        deadline = time.monotonic() + self.timeout_seconds
        context = Context(self.name, self.memory_mb, deadline)
        try:
            returned = self.handler(json.loads(json.dumps(event)), context)
            payload = json.loads(json.dumps(returned))
        except (Exception, SystemExit) as error:
            return self._failed(context, f"{type(error).__name__}: {error}", error)
        if time.monotonic() > deadline:
            return self._failed(context, f"Task timed out after {self.timeout_seconds:.2f} seconds", None)
        return InvocationResult(context.aws_request_id, payload)

    def _failed(self, context: Context, message: str, error: BaseException | None) -> InvocationResult:
        _log.warning("%s failed: %s", self.name, message, exc_info=error)
        return InvocationResult(context.aws_request_id, error=message)


def function_arn(name: str) -> str:
    """Return the ARN that a function of this name would have."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
