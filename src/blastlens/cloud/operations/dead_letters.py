"""Messages in a dead-letter queue: reading, redriving and deleting them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.upload_queue import CAUSE, ORIGINAL_ID

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HOLD_SECONDS = 120
"""How long a received message stays hidden from others, unless it is released before."""

UNKNOWN_CAUSE = (
    "cause unknown: the function was ended (time, memory) before it recorded one; search its log for the message id"
)

_BATCH_LIMIT = 10


@dataclass(frozen=True)
class DeadLetterMessage:
    """A message in a dead-letter queue.

    Attributes:
        message_id: its id in the dead-letter queue.
        original_id: its id in the source queue, which the log names.
        receipt_handle: SQS's handle of this receive.
        body: its body; it may hold a patient's id and must not be shown.
        cause: why it was moved; UNKNOWN_CAUSE if SQS moved it.
        sent_at: when it was sent (UTC).
    """

    message_id: str
    original_id: str
    receipt_handle: str
    body: str
    cause: str
    sent_at: datetime


@dataclass(frozen=True)
class DeadLetterQueue:
    """A dead-letter queue and its source queue, through a boto3 SQS client.

    Every method raises ServiceFault if SQS refuses, and ServiceUnavailable where a retry may help.
    """

    client: "SQSClient"
    url: str
    source_url: str

    def receive_all(self) -> Iterator[DeadLetterMessage]:
        """Yield every message once.

        Each stays hidden until it is deleted, released, or HOLD_SECONDS end.
        """
        known: set[str] = set()
        while True:
            with translated_errors("read the dead-letter queue"):
                messages = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_BATCH_LIMIT,
                    VisibilityTimeout=HOLD_SECONDS,
                    WaitTimeSeconds=1,
                    MessageSystemAttributeNames=["All"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
            fresh = [one for one in messages if one["MessageId"] not in known]
            if not fresh:
                return
            known.update(one["MessageId"] for one in fresh)
            yield from map(_message_from, fresh)

    def redrive(self, message: DeadLetterMessage) -> None:
        """Send a message to its source queue, then delete it from the dead-letter queue.

        If the deletion fails, the upload is announced twice. classify stores one result for each object version, so the
        second message has no effect. In the other order the message could be lost.
        """
        with translated_errors("redrive a message"):
            self.client.send_message(QueueUrl=self.source_url, MessageBody=message.body)
        self.delete(message)

    def delete(self, message: DeadLetterMessage) -> None:
        """Delete a message."""
        with translated_errors("delete a dead letter"):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt_handle)

    def release(self, message: DeadLetterMessage) -> None:
        """Leave a message in the dead-letter queue, visible to others at once."""
        with translated_errors("release a dead letter"):
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=message.receipt_handle, VisibilityTimeout=0
            )


def _message_from(message: "MessageTypeDef") -> DeadLetterMessage:
    attributes = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    return DeadLetterMessage(
        message_id=message["MessageId"],
        original_id=attributes.get(ORIGINAL_ID, message["MessageId"]),
        receipt_handle=message["ReceiptHandle"],
        body=message["Body"],
        cause=attributes.get(CAUSE, UNKNOWN_CAUSE),
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
    )
