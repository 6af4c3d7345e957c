"""Dead letters: looked at, and put back into the queue they came from."""

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
"""How long a letter that is looked at stays hidden from others, where nobody lets it go before."""

UNKNOWN_CAUSE = (
    "not noted: the function was ended (time, memory) before it could say; look for the message id in its log"
)

_BATCH_LIMIT = 10


@dataclass(frozen=True)
class DeadLetterMessage:
    """A message that waits for a person.

    Attributes:
        message_id: its id among the dead letters.
        original_id: the id it had in the queue, which the log names.
        receipt_handle: proves to SQS that it was received.
        body: what it says; it may hold a patient's id and is not to be shown.
        cause: why it was set aside; UNKNOWN_CAUSE where SQS moved it by itself.
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
    """A queue of dead letters and the queue they came from, by a boto3 SQS client.

    Every method raises ServiceFault where SQS refuses, and ServiceUnavailable where trying again may help.
    """

    client: "SQSClient"
    url: str
    source_url: str

    def receive_all(self) -> Iterator[DeadLetterMessage]:
        """Yield the letters that are there, each once; each is held until deleted, let go, or HOLD_SECONDS end."""
        seen: set[str] = set()
        while True:
            with translated_errors("read dead letters"):
                messages = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_BATCH_LIMIT,
                    VisibilityTimeout=HOLD_SECONDS,
                    WaitTimeSeconds=1,
                    MessageSystemAttributeNames=["All"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
            fresh = [one for one in messages if one["MessageId"] not in seen]
            if not fresh:
                return
            seen.update(one["MessageId"] for one in fresh)
            yield from map(_message_from, fresh)

    def redrive(self, letter: DeadLetterMessage) -> None:
        """Send a letter to the queue it came from, then delete it here.

        Where the second fails the letter is there twice and its upload announced twice: classify answers each object
        version once, so the second does nothing. The other way round it would be lost.
        """
        with translated_errors("put a message back"):
            self.client.send_message(QueueUrl=self.source_url, MessageBody=letter.body)
        self.delete(letter)

    def delete(self, letter: DeadLetterMessage) -> None:
        """Delete a letter for good."""
        with translated_errors("delete a dead letter"):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt_handle)

    def release(self, letter: DeadLetterMessage) -> None:
        """Leave a letter where it is, for others to see at once."""
        with translated_errors("let a dead letter go"):
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=letter.receipt_handle, VisibilityTimeout=0
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
