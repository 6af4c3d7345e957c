"""Queue as event source: batches, partial failures, retries, dead letters."""

import json
import threading
from uuid import uuid4

import pytest

from blastlens.local.clients import LocalClients
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.mappings import QueueMapping
from blastlens.local.event_sources.pump import Pumps, queue_pump
from blastlens.local.stack.moto_server import MotoServer


@pytest.fixture(scope="module")
def clients():
    with MotoServer() as server:
        yield LocalClients(server.endpoint)


class Recorder:
    """A handler that records its events and returns given responses."""

    def __init__(self, answer=lambda event: None):
        self.events = []
        self.answer = answer

    def __call__(self, event, context):
        self.events.append(event)
        return self.answer(event)

    @property
    def bodies(self):
        return [[record["body"] for record in event["Records"]] for event in self.events]


def naming_failures(*bodies):
    def answer(event):
        failed = [record for record in event["Records"] if record["body"] in bodies]
        return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}

    return answer


class Line:
    """A queue with its dead-letter queue, and a pump into a handler."""

    def __init__(self, clients, handler, visibility=30, max_receives=3, retry_seconds=0, **mapping):
        self.sqs = clients.client("sqs")
        name = f"queue-{uuid4().hex}"
        self.dead_url = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        dead_arn = self.arn(self.dead_url)
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": max_receives})
        attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": redrive}
        self.url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        given = {"function": "F", "queue_arn": self.arn(self.url), "partial_failures": True} | mapping
        self.pump = queue_pump(QueueMapping(**given), {"F": Function("F", handler)}, clients, retry_seconds)

    def arn(self, url):
        return self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def send(self, *bodies, **more):
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def left(self, url=None):
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url or self.url, AttributeNames=names)["Attributes"]
        return [int(found[name]) for name in names]


def test_a_message_arrives_as_lambda_hands_it_over_and_is_deleted(clients):
    handler = Recorder()
    line = Line(clients, handler)
    line.send("hello", MessageAttributes={"kind": {"DataType": "String", "StringValue": "test"}})
    assert line.pump.pump_once() == 1
    (record,) = handler.events[0]["Records"]
    assert record["body"] == "hello"
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == line.pump.mapping.queue_arn
    assert record["messageAttributes"]["kind"]["stringValue"] == "test"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"messageId", "receiptHandle", "md5OfBody", "awsRegion"} <= set(record)
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])
    assert line.left() == [0, 0]


def test_messages_come_in_batches_of_at_most_the_batch_size(clients):
    handler = Recorder()
    line = Line(clients, handler, batch_size=12)
    line.send(*[str(number) for number in range(15)])
    assert [line.pump.pump_once(), line.pump.pump_once()] == [12, 3]
    assert sorted(body for batch in handler.bodies for body in batch) == sorted(str(number) for number in range(15))


def test_only_a_reported_failure_is_retried_and_dead_lettered(clients):
    handler = Recorder(naming_failures("poison"))
    line = Line(clients, handler, max_receives=3)
    line.send("good", "poison", "fine")
    for _ in range(5):
        line.pump.pump_once()
    assert handler.bodies == [["good", "poison", "fine"], ["poison"], ["poison"]]
    assert line.left() == [0, 0]
    assert line.left(line.dead_url) == [1, 0]


def test_an_exception_brings_the_whole_batch_back(clients):
    def fail_once(event):
        if len(handler.events) == 1:
            raise RuntimeError("boom")

    handler = Recorder(fail_once)
    line = Line(clients, handler)
    line.send("a", "b")
    line.pump.pump_once()
    assert line.left() == [2, 0]
    line.pump.pump_once()
    assert handler.bodies == [["a", "b"], ["a", "b"]]
    assert line.left() == [0, 0]


def test_reported_failures_are_ignored_without_the_response_type(clients):
    line = Line(clients, Recorder(naming_failures("poison")), partial_failures=False)
    line.send("poison")
    line.pump.pump_once()
    assert line.left() == [0, 0]


def test_without_a_short_cut_a_failure_waits_for_the_visibility_timeout(clients):
    handler = Recorder(naming_failures("poison"))
    line = Line(clients, handler, retry_seconds=None)
    line.send("poison")
    line.pump.pump_once()
    assert line.pump.pump_once() == 0
    assert line.left() == [0, 1]


def test_messages_that_the_filter_lets_fall_are_deleted_unseen(clients):
    handler = Recorder()
    line = Line(clients, handler, patterns=({"body": {"kind": ["wanted"]}},))
    line.send('{"kind": "wanted"}', '{"kind": "other"}', "no json")
    line.pump.pump_once()
    assert handler.bodies == [['{"kind": "wanted"}']]
    assert line.left() == [0, 0]


def test_a_running_pump_stops_on_request_and_survives_an_error(clients):
    seen = threading.Event()
    line = Line(clients, Recorder(lambda event: seen.set()))
    failures = iter([RuntimeError("the service hiccuped")])

    def stumble_once(stop):
        for fault in failures:
            raise fault
        line.pump.run(stop)

    with Pumps({"test": stumble_once}):
        line.send("after the stumble")
        assert seen.wait(8)
