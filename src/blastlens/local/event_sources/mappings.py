"""What drives which function, and by which rules: the template's event source mappings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.local.event_sources.filters import Pattern

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class QueueMapping:
    """A queue that feeds a function.

    Attributes:
        function: logical id of the function.
        queue_arn: the queue.
        batch_size: most messages handed over at a time.
        window_seconds: how long to wait for a batch to fill.
        partial_failures: whether the function's `batchItemFailures` are heeded.
        patterns: what a message has to match, any of them; none means every message.
    """

    function: str
    queue_arn: str
    batch_size: int = 10
    window_seconds: float = 0
    partial_failures: bool = False
    patterns: tuple[Pattern, ...] = ()

    @classmethod
    def from_properties(cls, function: str, properties: Properties) -> "QueueMapping":
        """Read an `AWS::Lambda::EventSourceMapping` of a queue."""
        return cls(
            function=function,
            queue_arn=properties["EventSourceArn"],
            batch_size=int(properties.get("BatchSize", 10)),
            window_seconds=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
            partial_failures=_reports_partial_failures(properties),
            patterns=_patterns(properties),
        )


@dataclass(frozen=True)
class StreamMapping:
    """A table's stream that feeds a function, in order.

    Attributes:
        function: logical id of the function.
        stream_arn: the stream.
        starting_position: TRIM_HORIZON or LATEST.
        batch_size: most records handed over at a time.
        partial_failures: whether the function's `batchItemFailures` are heeded.
        bisect: whether a failed batch is halved, so that one bad record holds up nobody else.
        max_retries: how often a failed batch is tried again; -1 for as long as it is in the stream.
        max_age_seconds: age from which a record is given up; -1 for never.
        failure_arn: queue or topic that is told of records given up; None for nobody.
        patterns: what a record has to match, any of them; none means every record.
    """

    function: str
    stream_arn: str
    starting_position: str = "TRIM_HORIZON"
    batch_size: int = 100
    partial_failures: bool = False
    bisect: bool = False
    max_retries: int = -1
    max_age_seconds: int = -1
    failure_arn: str | None = None
    patterns: tuple[Pattern, ...] = ()

    @classmethod
    def from_properties(cls, function: str, properties: Properties) -> "StreamMapping":
        """Read an `AWS::Lambda::EventSourceMapping` of a table's stream."""
        destination = properties.get("DestinationConfig", {}).get("OnFailure", {})
        return cls(
            function=function,
            stream_arn=properties["EventSourceArn"],
            starting_position=properties.get("StartingPosition", "TRIM_HORIZON"),
            batch_size=int(properties.get("BatchSize", 100)),
            partial_failures=_reports_partial_failures(properties),
            bisect=bool(properties.get("BisectBatchOnFunctionError", False)),
            max_retries=int(properties.get("MaximumRetryAttempts", -1)),
            max_age_seconds=int(properties.get("MaximumRecordAgeInSeconds", -1)),
            failure_arn=destination.get("Destination"),
            patterns=_patterns(properties),
        )


def is_stream(properties: Properties) -> bool:
    """Tell whether an event source mapping reads a table's stream."""
    return ":dynamodb:" in properties["EventSourceArn"]


def _reports_partial_failures(properties: Properties) -> bool:
    return "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])


def _patterns(properties: Properties) -> tuple[Pattern, ...]:
    filters = properties.get("FilterCriteria", {}).get("Filters", [])
    return tuple(json.loads(one["Pattern"]) for one in filters)
