"""The services of a scenario as boto3 clients, in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.functional.faults.rules import max_receives
from tests.memory.objects import MemoryObjects
from tests.memory.queues import MemoryQueue, MemoryQueues
from tests.memory.table import MemoryTable
from tests.memory.topics import MemoryTopics

Clock = Callable[[], datetime]
Given = tuple[str, dict[str, str]]
"""The topic or phone that was given a message, and the attributes that the message has."""


@dataclass(frozen=True)
class Cloud:
    """Services, and where in them things lie.

    Attributes:
        objects, table, phones, streams, queues, topics: clients of S3, DynamoDB (for results and for phones), its
            streams, SQS and SNS.
        uploads, dead, failed_notices: addresses of the queues.
        clinic_topic: ARN of the topic of every clinic.
        stream: ARN of the stream of results.
        make_endpoint: makes an endpoint for a phone's token and returns its ARN.
        given: tells what topics and phones were given, each topic's and phone's oldest first.
    """

    objects: Any
    table: Any
    phones: Any
    streams: Any
    queues: Any
    topics: Any
    uploads: str
    dead: str
    failed_notices: str
    clinic_topic: str
    stream: str
    make_endpoint: Callable[[str], str]
    given: Callable[[], list[Given]]


def in_memory(clock: Clock) -> Cloud:
    """Return services in memory whose time is the clock's."""
    table, topics = MemoryTable(), MemoryTopics()
    queues = {
        "uploads": MemoryQueue(dead_letters="dead", max_receives=max_receives()),
        "dead": MemoryQueue(30),
        "failed-notices": MemoryQueue(30),
    }
    return Cloud(
        objects=MemoryObjects(clock),
        table=table,
        phones=MemoryTable("place", "entry"),
        streams=table,
        queues=MemoryQueues(clock, queues),
        topics=topics,
        uploads="uploads",
        dead="dead",
        failed_notices="failed-notices",
        clinic_topic="arn:clinic",
        stream="arn:stream",
        make_endpoint=lambda token: f"arn:endpoint/{token}",
        given=lambda: [(one.arn, one.attributes) for one in topics.published],
    )
