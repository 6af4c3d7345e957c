"""The services of a scenario as boto3 clients, in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.aws import EXAMINATIONS_TABLE, TABLE
from tests.functional.faults.rules import max_receives, queue_properties
from tests.memory.objects import MemoryObjects
from tests.memory.queues import MemoryQueue, MemoryQueues
from tests.memory.table import make_tables
from tests.memory.topics import MemoryTopics

Clock = Callable[[], datetime]
Given = tuple[str, dict[str, str]]
"""The topic or phone that was given a message, and the attributes that the message has."""


@dataclass(frozen=True)
class Cloud:
    """Services, and where in them things lie.

    Attributes:
        objects, tables, streams, queues, topics: clients of S3, DynamoDB, its streams, SQS and SNS.
        uploads, dead, settle, failed_examinations, failed_notices: addresses of the queues.
        clinic_topic, report_topic: ARNs of the topic of every clinic, and of that of signed reports.
        subscription: ARN of a confirmed address that reads for every clinic.
        field_stream, examination_stream: ARNs of the streams of field records and of examinations.
        make_endpoint: makes an endpoint for a phone's token and returns its ARN.
        given: tells what topics and phones were given, each topic's and phone's oldest first.
    """

    objects: Any
    tables: Any
    streams: Any
    queues: Any
    topics: Any
    uploads: str
    dead: str
    settle: str
    failed_examinations: str
    failed_notices: str
    clinic_topic: str
    report_topic: str
    subscription: str
    field_stream: str
    examination_stream: str
    make_endpoint: Callable[[str], str]
    given: Callable[[], list[Given]]


def in_memory(clock: Clock) -> Cloud:
    """Return services in memory whose time is the clock's."""
    tables, topics = make_tables(), MemoryTopics()
    settle = queue_properties("SettleQueue")
    queues = {
        "uploads": MemoryQueue(dead_letters="dead", max_receives=max_receives("UploadQueue")),
        "dead": MemoryQueue(30),
        "settle": MemoryQueue(settle["VisibilityTimeout"], "failed-examinations", max_receives("SettleQueue")),
        "failed-examinations": MemoryQueue(30),
        "failed-notices": MemoryQueue(30),
    }
    return Cloud(
        objects=MemoryObjects(clock),
        tables=tables,
        streams=tables,
        queues=MemoryQueues(clock, queues),
        topics=topics,
        uploads="uploads",
        dead="dead",
        settle="settle",
        failed_examinations="failed-examinations",
        failed_notices="failed-notices",
        clinic_topic="arn:clinic",
        report_topic="arn:reports",
        subscription=topics.subscribe("arn:clinic", "email", "reader@clinic.example")["SubscriptionArn"],
        field_stream=TABLE,
        examination_stream=EXAMINATIONS_TABLE,
        make_endpoint=lambda token: f"arn:endpoint/{token}",
        given=lambda: [(one.arn, one.attributes) for one in topics.published],
    )
