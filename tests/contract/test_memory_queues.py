"""Contract tests of SQS: moto and the queues in memory behave alike."""

import json

import pytest

from blastlens.cloud.operations.dead_letters import UNKNOWN_CAUSE
from blastlens.cloud.upload_queue import UploadQueue
from blastlens.domain.errors import ServiceFault
from tests.aws import MOST_RECEIVES
from tests.contract.case import Case


def test_a_message_is_hidden_until_it_is_given_back_and_counted_each_time(case: Case):
    case.sqs.send_message(QueueUrl=case.queue_url, MessageBody="hello")
    (first,) = case.receive()
    assert case.receive() == []
    case.queue.make_visible([first["ReceiptHandle"]])
    (second,) = case.receive()
    assert (second["Body"], second["Attributes"]["ApproximateReceiveCount"]) == ("hello", "2")
    case.sqs.delete_message(QueueUrl=case.queue_url, ReceiptHandle=second["ReceiptHandle"])
    assert case.receive() == []


def test_a_queue_counts_visible_and_hidden_messages_and_can_be_purged(case: Case):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def numbers() -> list[int]:
        found = case.sqs.get_queue_attributes(QueueUrl=case.queue_url, AttributeNames=names)["Attributes"]
        return [int(found[name]) for name in names]

    for body in ("one", "two", "three"):
        case.sqs.send_message(QueueUrl=case.queue_url, MessageBody=body)
    assert numbers() == [3, 0]
    case.sqs.receive_message(QueueUrl=case.queue_url, MaxNumberOfMessages=1)
    assert numbers() == [2, 1]
    case.sqs.purge_queue(QueueUrl=case.queue_url)
    assert (numbers(), case.receive()) == ([0, 0], [])


def test_a_message_received_too_often_is_moved_without_a_cause(case: Case):
    case.sqs.send_message(QueueUrl=case.queue_url, MessageBody="again and again")
    for _ in range(MOST_RECEIVES):
        (message,) = case.receive()
        case.queue.make_visible([message["ReceiptHandle"]])
    assert case.receive() == []
    (dead_letter,) = case.dead_letters.receive_all()
    assert (dead_letter.body, dead_letter.cause) == ("again and again", UNKNOWN_CAUSE)
    case.dead_letters.delete(dead_letter)


def test_a_dead_letter_has_its_cause_and_is_redriven_unchanged(case: Case):
    body = json.dumps({"a": 1})
    case.queue.send_to_dead_letter_queue(body, "m1", "the message is not JSON")
    (dead_letter,) = case.dead_letters.receive_all()
    assert (dead_letter.body, dead_letter.cause, dead_letter.original_id) == (body, "the message is not JSON", "m1")
    assert list(case.dead_letters.receive_all()) == []
    case.dead_letters.release(dead_letter)
    (dead_letter,) = case.dead_letters.receive_all()
    case.dead_letters.redrive(dead_letter)
    assert list(case.dead_letters.receive_all()) == []
    (message,) = case.receive()
    assert message["Body"] == body
    case.sqs.delete_message(QueueUrl=case.queue_url, ReceiptHandle=message["ReceiptHandle"])


def test_a_missing_queue_is_a_permanent_error(case: Case):
    with pytest.raises(ServiceFault) as caught:
        UploadQueue(case.sqs, case.queue_url, case.dead_url + "-gone").send_to_dead_letter_queue("body", "m1", "cause")
    assert not caught.value.can_retry
