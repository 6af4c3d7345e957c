"""The services of a scenario on moto, with the scenario's time in the queues."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from tests.aws import EXAMINATIONS_TABLE, PHONES_NAME, REGION, TABLE, Services, services, shared_streams_client
from tests.functional.faults.cloud import Clock, Cloud, Given
from tests.functional.faults.rules import max_receives, queue_properties
from tests.memory.topics import push_data

_TIMES = ("unix_time", "unix_time_millis")


@dataclass
class QueueTime:
    """What moto's queues take for the time: the scenario's, and a millisecond later each time they ask.

    For moto, a message that is let go is visible a millisecond later: a time that stands still would hide it.
    """

    clock: Clock
    asked: int = 0

    def unix_time_millis(self, *_: Any) -> float:
        """Milliseconds since 1970 (UTC)."""
        self.asked += 1
        return self.clock().timestamp() * 1000 + self.asked

    def unix_time(self, *_: Any) -> float:
        """Seconds since 1970 (UTC)."""
        return self.unix_time_millis() / 1000


@dataclass(frozen=True)
class NoWaiting:
    """An SQS client that never waits for a message: moto waits in real time, in which nothing comes."""

    client: Any

    def __getattr__(self, name: str) -> Any:
        """Return the client's own operation."""
        return getattr(self.client, name)

    def receive_message(self, **arguments: Any) -> Any:
        """Hand out what is there now."""
        return self.client.receive_message(**arguments | {"WaitTimeSeconds": 0})


@contextmanager
def on_moto(clock: Clock) -> Iterator[Cloud]:
    """Make moto's services, whose queues go by the clock; nothing of them is left afterwards."""
    time = QueueTime(clock)
    with ExitStack() as stack:
        for name in _TIMES:
            stack.enter_context(patch(f"moto.sqs.models.{name}", getattr(time, name)))
        aws = stack.enter_context(services())
        streams = shared_streams_client()
        yield Cloud(
            objects=aws.s3,
            tables=aws.dynamodb,
            streams=streams,
            queues=NoWaiting(aws.sqs),
            topics=aws.sns,
            uploads=aws.queue.url,
            dead=aws.queue.dead_letter_url,
            **_queues_of_examine(aws.sqs),
            failed_notices=aws.sqs.create_queue(QueueName="failed-notices")["QueueUrl"],
            clinic_topic=aws.topics.first_arn,
            report_topic=aws.sns.create_topic(Name="reports")["TopicArn"],
            subscription=_subscription(aws),
            field_stream=_stream(streams, TABLE),
            examination_stream=_stream(streams, EXAMINATIONS_TABLE),
            make_endpoint=lambda token: _endpoint(aws, token),
            given=lambda: _given(aws),
        )


def _queues_of_examine(sqs: Any) -> dict[str, str]:
    """Make the queue of delayed messages and that of failures, with the properties that the template has."""
    failures = sqs.create_queue(QueueName="failed-examinations")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=failures, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = {"deadLetterTargetArn": arn, "maxReceiveCount": max_receives("SettleQueue")}
    visibility = str(queue_properties("SettleQueue")["VisibilityTimeout"])
    attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": visibility}
    settle = sqs.create_queue(QueueName="settle", Attributes=attributes)["QueueUrl"]
    return {"settle": settle, "failed_examinations": failures}


def _stream(streams: Any, table: str) -> str:
    return str(streams.list_streams(TableName=table)["Streams"][0]["StreamArn"])


def _subscription(aws: Services) -> str:
    subscribe, endpoint = aws.sns.subscribe, "reader@clinic.example"
    return str(subscribe(TopicArn=aws.topics.first_arn, Protocol="email", Endpoint=endpoint)["SubscriptionArn"])


def _endpoint(aws: Services, token: str) -> str:
    application = f"{aws.topics.first_arn.rpartition(':')[0]}:app/GCM/{PHONES_NAME}"
    made = aws.sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)
    return str(made["EndpointArn"])


def _given(aws: Services) -> list[Given]:
    """Read published messages from moto: SNS has no API for that."""
    backend = sns_backends[DEFAULT_ACCOUNT_ID][REGION]
    topics = [
        (arn, _texts(attributes))
        for arn, topic in backend.topics.items()
        for _, _, _, attributes, _ in topic.sent_notifications
    ]
    phones = [
        (arn, push_data(message))
        for arn, endpoint in backend.platform_endpoints.items()
        for message in endpoint.messages.values()
    ]
    return topics + phones


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: one["Value"] for name, one in attributes.items()}
