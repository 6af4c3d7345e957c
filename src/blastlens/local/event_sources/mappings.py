"""The template's event source mappings: queues and streams with their settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blastlens.local.event_sources.filters import Pattern

Properties = Mapping[str, Any]


@dataclass(frozen=True)
class QueueMapping:
    """A queue as event source of a function.

    Attributes:
        function: logical id of the function.
        queue_arn: ARN of the queue.
        batch_size: maximum number of messages in a batch.
        window_seconds: how long to wait for a full batch.
        partial_failures: whether ReportBatchItemFailures is set.
        patterns: filter patterns, of which a message has to match one; none means every message.
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
    """A table's stream as event source of a function, in order.

    Attributes:
        function: logical id of the function.
        stream_arn: ARN of the stream.
        starting_position: TRIM_HORIZON or LATEST.
        batch_size: maximum number of records in a batch.
        partial_failures: whether ReportBatchItemFailures is set.
        bisect: whether a failed batch is halved, so that one bad record does not block others.
        max_retries: how often a failed batch is retried; -1 for as long as it is in the stream.
        max_age_seconds: age from which a record is discarded; -1 for never.
        failure_arn: queue or topic for the invocation records of discarded records; None for none.
        patterns: filter patterns, of which a record has to match one; none means every record.
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
    """Return whether an event source mapping reads a table's stream."""
    return ":dynamodb:" in properties["EventSourceArn"]


def _reports_partial_failures(properties: Properties) -> bool:
    return "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])


def _patterns(properties: Properties) -> tuple[Pattern, ...]:
    filters = properties.get("FilterCriteria", {}).get("Filters", [])
    return tuple(json.loads(one["Pattern"]) for one in filters)
