"""Event source mapping of a queue, by Lambda's rules."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from blastlens.local.event_sources.filters import matches_any
from blastlens.local.event_sources.invocation import Function
from blastlens.local.event_sources.mappings import QueueMapping
from blastlens.local.event_sources.partial_failures import failed_item_ids
from blastlens.local.event_sources.queue_events import Message, filter_view, queue_event

RECEIVE_LIMIT = 10
"""Largest number of messages that SQS returns in one call."""

_POLL_SECONDS = 1


@dataclass(frozen=True)
class QueuePump:
    """Invokes a function with batches of a queue.

    Processed messages are deleted. Failed ones stay, become visible after their visibility timeout, and are moved to
    the dead-letter queue by SQS after too many receives.

    Attributes:
        sqs: boto3 client.
        queue_url: URL of the queue.
        mapping: its event source mapping.
        function: the function that is invoked.
        retry_seconds: delay before a failed message is received again; None for the queue's visibility timeout. In AWS
            that is six times the function's timeout, nine minutes: too long for interactive use, and unnecessary here,
            where a function never runs twice at a time.
    """

    sqs: Any
    queue_url: str
    mapping: QueueMapping
    function: Function
    retry_seconds: int | None = None

    def run(self, stop: threading.Event) -> None:
        """Process batches until `stop` is set, which is checked about once a second."""
        while not stop.is_set():
            self.pump_once(_POLL_SECONDS)

    def pump_once(self, wait_seconds: int = 0) -> int:
        """Receive one batch and process it.

        Args:
            wait_seconds: how long to wait for a first message.

        Returns:
            The number of messages received.
        """
        messages = self._take(wait_seconds)
        wanted = [one for one in messages if matches_any(filter_view(one), self.mapping.patterns)]
        failed: frozenset[str] = frozenset()
        if wanted:
            answer = self.function.invoke(queue_event(wanted, self.mapping.queue_arn))
            identifiers = [one["MessageId"] for one in wanted]
            failed = failed_item_ids(answer, identifiers, self.mapping.partial_failures)
        # Messages that no filter matches are deleted, as in Lambda.
        self._delete([one for one in messages if one["MessageId"] not in failed])
        self._hand_out_again([one for one in messages if one["MessageId"] in failed])
        return len(messages)

    def _take(self, wait_seconds: int) -> list[Message]:
        messages = self._receive(self.mapping.batch_size, wait_seconds)
        window_ends = time.monotonic() + self.mapping.window_seconds
        while messages and len(messages) < self.mapping.batch_size:
            more = self._receive(self.mapping.batch_size - len(messages), 0)
            messages += more
            if not more and time.monotonic() >= window_ends:
                break
            if not more:
                time.sleep(0.1)
        return messages

    def _receive(self, most: int, wait_seconds: int) -> list[Message]:
        received = self.sqs.receive_message(
            QueueUrl=self.queue_url,
            MaxNumberOfMessages=min(RECEIVE_LIMIT, most),
            WaitTimeSeconds=wait_seconds,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(received.get("Messages", []))

    def _delete(self, messages: Sequence[Message]) -> None:
        for part in _parts(messages):
            self.sqs.delete_message_batch(QueueUrl=self.queue_url, Entries=[_entry(one) for one in part])

    def _hand_out_again(self, messages: Sequence[Message]) -> None:
        if self.retry_seconds is None:
            return
        for part in _parts(messages):
            entries = [_entry(one) | {"VisibilityTimeout": self.retry_seconds} for one in part]
            self.sqs.change_message_visibility_batch(QueueUrl=self.queue_url, Entries=entries)


def _parts(messages: Sequence[Message]) -> list[Sequence[Message]]:
    return [messages[start : start + RECEIVE_LIMIT] for start in range(0, len(messages), RECEIVE_LIMIT)]


def _entry(message: Message) -> dict[str, Any]:
    return {"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]}
