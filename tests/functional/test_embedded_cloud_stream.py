"""Stream as event source: order, retries, bisection and discarded records."""

import json
import threading
import uuid
from dataclasses import replace

import pytest

from blastlens.local.clients import LocalClients
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.mappings import StreamMapping
from blastlens.local.event_sources.pump import stream_pump
from blastlens.local.stack.moto_server import MotoServer


@pytest.fixture(scope="module")
def clients():
    with MotoServer() as server:
        yield LocalClients(server.endpoint)


class Table:
    """A table whose stream is pumped into a handler, one batch at a time, without pauses."""

    def __init__(self, clients, handler, **mapping):
        self.name = f"table-{uuid.uuid4().hex}"
        self.dynamodb = clients.client("dynamodb")
        description = self.dynamodb.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]
        self.stream_arn = description["LatestStreamArn"]
        self.sqs = clients.client("sqs")
        self.failure_url = self.sqs.create_queue(QueueName=f"{self.name}-failures")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.failure_url, AttributeNames=["QueueArn"])
        given = {"partial_failures": True, "max_retries": 2, "failure_arn": arn["Attributes"]["QueueArn"]} | mapping
        pump = stream_pump(StreamMapping("F", self.stream_arn, **given), {"F": Function("F", handler)}, clients)
        self._pump = replace(pump, retry_seconds=0)

    def put(self, *ids):
        for one in ids:
            self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": one}, "blob": {"B": b"\x00\x01"}})

    def pump(self):
        return self._pump.pump_once(threading.Event())

    def failures(self):
        messages = self.sqs.receive_message(QueueUrl=self.failure_url, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


class Recorder:
    """A handler that remembers which ids it was given, and fails on the bad ones in its own way."""

    def __init__(self, bad=(), names_failures=False):
        self.bad, self.names_failures = bad, names_failures
        self.calls, self.events = [], []

    def __call__(self, event, context):
        self.events.append(event)
        ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
        self.calls.append(ids)
        failed = [one for one in event["Records"] if one["dynamodb"]["Keys"]["id"]["S"] in self.bad]
        if failed and not self.names_failures:
            raise RuntimeError("boom")
        return {"batchItemFailures": [{"itemIdentifier": one["dynamodb"]["SequenceNumber"]} for one in failed]}


def test_records_arrive_in_order_as_lambda_hands_them_over(clients):
    handler = Recorder()
    table = Table(clients, handler)
    table.put("a", "b", "c")
    assert table.pump() == 3
    assert table.pump() == 0
    assert handler.calls == [["a", "b", "c"]]
    record = handler.events[0]["Records"][0]
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventName"] == "INSERT"
    assert record["eventSourceARN"] == table.stream_arn
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}, "blob": {"B": "AAE="}}
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], float)


def test_batches_are_no_larger_than_the_batch_size(clients):
    handler = Recorder()
    table = Table(clients, handler, batch_size=2)
    table.put("a", "b", "c")
    assert [table.pump(), table.pump()] == [2, 1]
    assert handler.calls == [["a", "b"], ["c"]]


def test_filtered_records_do_not_reach_the_function(clients):
    handler = Recorder()
    table = Table(clients, handler, patterns=({"eventName": ["INSERT"]},))
    table.put("a")
    table.dynamodb.update_item(
        TableName=table.name,
        Key={"id": {"S": "a"}},
        UpdateExpression="SET told = :t",
        ExpressionAttributeValues={":t": {"BOOL": True}},
    )
    assert table.pump() == 2
    assert handler.calls == [["a"]]


def test_a_failing_batch_is_tried_again_and_then_given_up_with_a_note(clients):
    handler = Recorder(bad=["a"])
    table = Table(clients, handler, max_retries=2)
    table.put("a", "b")
    table.pump()
    assert handler.calls == [["a", "b"]] * 3
    (note,) = table.failures()
    assert note["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert note["requestContext"]["approximateInvokeCount"] == 3
    assert note["responseContext"]["functionError"] == "Unhandled"
    assert note["DDBStreamBatchInfo"]["batchSize"] == 2
    assert note["DDBStreamBatchInfo"]["streamArn"] == table.stream_arn
    table.put("c")
    table.pump()
    assert handler.calls[-1] == ["c"]


def test_a_transient_error_loses_no_record(clients):
    handler = Recorder(bad=["a"])
    table = Table(clients, handler, max_retries=-1)

    def mend_after_two(event, context):
        if len(handler.calls) == 2:
            handler.bad = ()
        return handler(event, context)

    table._pump = replace(table._pump, function=Function("F", mend_after_two))
    table.put("a", "b")
    table.pump()
    assert handler.calls == [["a", "b"]] * 3
    assert table.failures() == []


def test_bisection_discards_only_the_bad_record(clients):
    handler = Recorder(bad=["c"])
    table = Table(clients, handler, bisect=True, max_retries=1)
    table.put("a", "b", "c", "d")
    table.pump()
    assert handler.calls == [["a", "b", "c", "d"], ["a", "b"], ["c", "d"], ["c"], ["c"], ["d"]]
    assert [note["DDBStreamBatchInfo"]["batchSize"] for note in table.failures()] == [1]


def test_what_stood_before_a_named_failure_is_not_handed_over_again(clients):
    handler = Recorder(bad=["c"], names_failures=True)
    table = Table(clients, handler, bisect=True, max_retries=0)
    table.put("a", "b", "c", "d")
    table.pump()
    assert handler.calls == [["a", "b", "c", "d"], ["c", "d"], ["c"], ["d"]]


def test_records_that_are_too_old_are_given_up_untried(clients):
    handler = Recorder()
    table = Table(clients, handler, max_age_seconds=0)
    table.put("a")
    table.pump()
    assert handler.calls == []
    assert [note["requestContext"]["condition"] for note in table.failures()] == ["RecordAgeExceeded"]
