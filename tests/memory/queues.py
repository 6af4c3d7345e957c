"""SQS in memory, with a clock that only moves when it is set."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.memory.answers import refusal

Order = Callable[[list[int]], list[int]]

MAX_DELAY_SECONDS = 900


@dataclass
class _Message:
    message_id: str
    body: str
    attributes: dict[str, Any]
    sent_ms: int
    visible_at: float
    receives: int = 0
    receipt: str = ""


@dataclass
class MemoryQueue:
    """One queue.

    Attributes:
        visibility: seconds that a received message stays hidden.
        dead_letters: address of the queue that takes what was received too often; None for none.
        max_receives: how often a message is handed out.
    """

    visibility: float = 540
    dead_letters: str | None = None
    max_receives: int = 5
    messages: dict[str, _Message] = field(default_factory=dict)


@dataclass
class MemoryQueues:
    """Stands in for boto3's SQS client; a queue's address is its name.

    Attributes:
        clock: tells the time (UTC).
        queues: name → queue.
        order: in which order waiting messages are handed out; SQS promises none.
    """

    clock: Callable[[], datetime]
    queues: dict[str, MemoryQueue]
    order: Order = field(default=lambda places: places)
    _made: int = 0

    def send_message(
        self,
        QueueUrl: str,
        MessageBody: str,
        MessageAttributes: dict[str, Any] | None = None,
        DelaySeconds: int = 0,
    ) -> dict[str, Any]:
        """Take a message, which is hidden at first for a delay of at most 15 minutes."""
        if not 0 <= DelaySeconds <= MAX_DELAY_SECONDS:
            raise refusal("InvalidParameterValue", "SendMessage")
        message_id = f"message-{self._next()}"
        now = self._now()
        self._queue(QueueUrl).messages[message_id] = _Message(
            message_id, MessageBody, dict(MessageAttributes or {}), int(now * 1000), now + DelaySeconds
        )
        return {"MessageId": message_id}

    def receive_message(
        self,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: float | None = None,
        WaitTimeSeconds: int = 0,
        MessageSystemAttributeNames: list[str] | None = None,
        MessageAttributeNames: list[str] | None = None,
    ) -> dict[str, Any]:
        """Hand out what is visible; what was handed out too often is moved instead."""
        queue = self._queue(QueueUrl)
        self._move_exhausted(queue)
        waiting = [one for one in queue.messages.values() if one.visible_at <= self._now()]
        chosen = [waiting[place] for place in self.order(list(range(len(waiting))))[:MaxNumberOfMessages]]
        hidden = queue.visibility if VisibilityTimeout is None else VisibilityTimeout
        for message in chosen:
            message.receives += 1
            message.receipt = f"receipt-{self._next()}"
            message.visible_at = self._now() + hidden
        return {"Messages": [_handed_out(one) for one in chosen]} if chosen else {}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        """Delete a message; a deleted one is not an error."""
        message = self._received(QueueUrl, ReceiptHandle)
        if message is not None:
            del self._queue(QueueUrl).messages[message.message_id]
        return {}

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Remove several."""
        for entry in Entries:
            self.delete_message(QueueUrl, entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: float) -> dict[str, Any]:
        """Hide a message for so long from now on."""
        message = self._received(QueueUrl, ReceiptHandle)
        if message is None:
            raise refusal("ReceiptHandleIsInvalid", "ChangeMessageVisibility")
        message.visible_at = self._now() + VisibilityTimeout
        return {}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        """Hide several; which of them are gone stands in the answer."""
        answer: dict[str, Any] = {"Successful": [], "Failed": []}
        for entry in Entries:
            gone = self._received(QueueUrl, entry["ReceiptHandle"]) is None
            answer["Failed" if gone else "Successful"].append({"Id": entry["Id"]})
            if not gone:
                self.change_message_visibility(QueueUrl, entry["ReceiptHandle"], entry["VisibilityTimeout"])
        return answer

    def get_queue_url(self, QueueName: str) -> dict[str, Any]:
        """Return a queue's URL."""
        self._queue(QueueName)
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:
        """Return the numbers of visible, received and delayed messages, which SQS approximates."""
        messages = self._queue(QueueUrl).messages.values()
        hidden = [one for one in messages if one.visible_at > self._now()]
        delayed = sum(not one.receives for one in hidden)
        numbers = {
            "ApproximateNumberOfMessages": len(messages) - len(hidden),
            "ApproximateNumberOfMessagesNotVisible": len(hidden) - delayed,
            "ApproximateNumberOfMessagesDelayed": delayed,
        }
        return {"Attributes": {name: str(numbers[name]) for name in AttributeNames}}

    def purge_queue(self, QueueUrl: str) -> dict[str, Any]:
        """Forget every message."""
        self._queue(QueueUrl).messages.clear()
        return {}

    def _move_exhausted(self, queue: MemoryQueue) -> None:
        if queue.dead_letters is None:
            return
        for message in list(queue.messages.values()):
            if message.visible_at <= self._now() and message.receives >= queue.max_receives:
                del queue.messages[message.message_id]
                self._queue(queue.dead_letters).messages[message.message_id] = message

    def _received(self, url: str, receipt: str) -> _Message | None:
        return next((one for one in self._queue(url).messages.values() if one.receipt == receipt), None)

    def _queue(self, url: str) -> MemoryQueue:
        if url not in self.queues:
            raise refusal("AWS.SimpleQueueService.NonExistentQueue", "SQS")
        return self.queues[url]

    def _now(self) -> float:
        return self.clock().timestamp()

    def _next(self) -> int:
        self._made += 1
        return self._made


def _handed_out(message: _Message) -> dict[str, Any]:
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
        "Attributes": {"ApproximateReceiveCount": str(message.receives), "SentTimestamp": str(message.sent_ms)},
        **({"MessageAttributes": message.attributes} if message.attributes else {}),
    }
