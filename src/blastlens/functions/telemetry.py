"""Log, metrics and trace of a function, made in one place so that none of them tells of a person.

Logs carry upload ids and request ids. The trace does not follow boto3: X-Ray would note object keys and message
bodies, and a key holds a patient's id.
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
    """What a handler reports with.

    The metrics are a function's own, because Powertools' usual ones are shared by all handlers of a process, and
    the embedded cloud runs all handlers in one.

    Attributes:
        logger: writes the log.
        metrics: gathers an invocation's metrics.
        tracer: follows an invocation through X-Ray; does nothing outside of Lambda.
        stream: where the metrics are written, a line of JSON an invocation; standard output where it is None.
    """

    logger: Logger
    metrics: EphemeralMetrics
    tracer: Tracer
    stream: TextIO | None = None

    def wrap(self, handle: Handler) -> Handler:
        """Return `handle` with the request's id in its log, traced, and its metrics written at its end."""

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
        """Measure what is done inside, in the metrics (milliseconds) and in the trace."""
        begun = time.perf_counter()
        with self.tracer.provider.in_subsegment(f"## {name}"):
            yield
        self.metrics.add_metric(f"{name}Time", MetricUnit.Milliseconds, (time.perf_counter() - begun) * 1000)

    def count(self, name: str) -> None:
        """Count one of `name`."""
        self.metrics.add_metric(name, MetricUnit.Count, 1)

    def count_by(self, name: str, **dimensions: str) -> None:
        """Count one of `name` by dimensions, in a line of its own: CloudWatch keeps the counts of each value apart."""
        apart = EphemeralMetrics(namespace=self.metrics.namespace, service=self.metrics.service)
        apart.add_metric(name, MetricUnit.Count, 1)
        for dimension, value in dimensions.items():
            apart.add_dimension(dimension, value)
        self._write(apart)

    def seconds(self, name: str, value: float) -> None:
        """Keep how many seconds something took."""
        self.metrics.add_metric(name, MetricUnit.Seconds, value)

    def item_failed(self, item_id: str, error: Exception) -> None:
        """Note that an item of a batch failed. Our own errors say all in a line; any other shows its traceback."""
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
    """Return what may be said of an error where others read it: our own say all, of any other the kind alone."""
    return str(error) if isinstance(error, BlastlensError) else f"unexpected: {type(error).__name__}"


def make_telemetry(function: str, stream: TextIO | None = None) -> Telemetry:
    """Return the telemetry of one function, named as in `classify`.

    Args:
        function: the function's name.
        stream: where log and metrics go, one JSON object a line; standard output, as Lambda wants it, where it is None.
            It counts for the first telemetry of that name in a process, as loggers are shared by name.
    """
    service = f"{SERVICE}.{function}"
    return Telemetry(
        logger=Logger(service=service, stream=stream),
        # Stages of one account must not share their metrics, so template.yaml sets the namespace. Without one
        # Powertools raises at the end of an invocation, when its work is done: rather a common namespace than work
        # that counts as failed.
        metrics=EphemeralMetrics(namespace=metrics_namespace(SERVICE), service=service),
        tracer=Tracer(service=SERVICE, auto_patch=False),
        stream=stream,
    )
