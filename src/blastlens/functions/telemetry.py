"""Log, metrics and trace of a function, without personal data.

Logs hold upload ids and request ids. The trace does not patch boto3: X-Ray would record object keys and message bodies,
and a key holds a patient's id.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO, cast

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from blastlens.domain.errors import BlastlensError
from blastlens.functions.settings import metrics_namespace

SERVICE = "blastlens"

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Any]


@dataclass(frozen=True)
class Telemetry:
    """Log, metrics and trace of one function.

    Each function has its own metrics object: Powertools' default one is shared by all handlers of a process, and
    the embedded cloud runs all handlers in one process.

    Attributes:
        logger: writes the log.
        metrics: collects an invocation's metrics.
        tracer: traces an invocation with X-Ray; does nothing outside of Lambda.
        stream: where the metrics are written, one line of JSON per invocation; None for standard output.
    """

    logger: Logger
    metrics: EphemeralMetrics
    tracer: Tracer
    stream: TextIO | None = None

    def wrap(self, handle: Handler) -> Handler:
        """Return `handle` with request ids in the log, a trace, and metrics."""

        @self.logger.inject_lambda_context
        @self.tracer.capture_lambda_handler(capture_response=False, capture_error=False)
        def handler(event: Event, context: LambdaContext) -> Any:
            try:
                return handle(event, context)
            finally:
                self._write_metrics()

        return cast(Handler, handler)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure the block in the metrics (milliseconds) and in the trace."""
        begun = time.perf_counter()
        with self.tracer.provider.in_subsegment(f"## {name}"):
            yield
        self.metrics.add_metric(f"{name}Time", MetricUnit.Milliseconds, (time.perf_counter() - begun) * 1000)

    def count(self, name: str) -> None:
        """Count one of `name`."""
        self.metrics.add_metric(name, MetricUnit.Count, 1)

    def count_by(self, name: str, number: int = 1, **dimensions: str) -> None:
        """Count `number` of `name` by dimensions.

        It has a line of its own, so that CloudWatch counts each value separately.
        """
        metrics = EphemeralMetrics(namespace=self.metrics.namespace, service=self.metrics.service)
        metrics.add_metric(name, MetricUnit.Count, number)
        for dimension, value in dimensions.items():
            metrics.add_dimension(dimension, value)
        self._write(metrics)

    def seconds(self, name: str, value: float) -> None:
        """Record a duration in seconds."""
        self.metrics.add_metric(name, MetricUnit.Seconds, value)

    def item_failed(self, item_id: str, error: Exception) -> None:
        """Log that an item of a batch failed.

        There is a traceback unless the error is one of our own.
        """
        self.count("ItemFailed")
        known = isinstance(error, BlastlensError)
        cause = cause_of(error)
        self.logger.error(
            "item failed",
            item_id=item_id,
            error=type(error).__name__,
            cause=cause,
            can_retry=getattr(error, "can_retry", True),
            exc_info=None if known else error,
        )

    def _write_metrics(self) -> None:
        if self.metrics.metric_set:
            self._write(self.metrics)
            self.metrics.clear_metrics()

    def _write(self, metrics: EphemeralMetrics) -> None:
        print(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")), file=self.stream)


def cause_of(error: Exception) -> str:
    """Return the message of one of our own errors, of others only the type.

    The message of another error may hold personal data.
    """
    return str(error) if isinstance(error, BlastlensError) else f"unexpected: {type(error).__name__}"


def make_telemetry(function: str, stream: TextIO | None = None) -> Telemetry:
    """Return the telemetry of one function, named as in `classify`.

    Args:
        function: the function's name.
        stream: where log and metrics go, one JSON object per line; None for standard output, as Lambda expects. It has
            an effect only for the first telemetry of that name in a process, because loggers are shared by name.
    """
    service = f"{SERVICE}.{function}"
    return Telemetry(
        logger=Logger(service=service, stream=stream),
        # Stages of one account must not share their metrics, so template.yaml sets the namespace. Without a namespace
        # Powertools raises at the end of an invocation, and finished work would be reported as failed: hence a default.
        metrics=EphemeralMetrics(namespace=metrics_namespace(SERVICE), service=service),
        tracer=Tracer(service=SERVICE, auto_patch=False),
        stream=stream,
    )
