"""Dead letters: looked at, and put back into the queue they came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import service_faults
from blastlens.cloud.upload_queue import CAUSE, FIRST_ID

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

HELD_SECONDS = 120
"""How long a letter that is looked at stays hidden from others, where nobody lets it go before."""

NOT_NOTED = "not noted: the function was ended (time, memory) before it could say; look for the message id in its log"

_MOST_AT_A_TIME = 10


@dataclass(frozen=True)
class DeadLetter:
    """A message that waits for a person.

    Attributes:
        message_id: its id among the dead letters.
        first_id: the id it had in the queue, which the log names.
        receipt_handle: proves to SQS that it was received.
        body: what it says; it may hold a patient's id and is not to be shown.
        cause: why it was set aside; NOT_NOTED where SQS moved it by itself.
        sent_at: when it was sent (UTC).
    """

    message_id: str
    first_id: str
    receipt_handle: str
    body: str
    cause: str
    sent_at: datetime


@dataclass(frozen=True)
class DeadLetters:
    """A queue of dead letters and the queue they came from, by a boto3 SQS client.

    Every method raises ServiceFault where SQS refuses, and ServiceUnavailable where trying again may help.
    """

    client: "SQSClient"
    url: str
    source_url: str

    def take(self) -> Iterator[DeadLetter]:
        """Yield the letters that are there, each once; each is held until deleted, let go, or HELD_SECONDS end."""
        seen: set[str] = set()
        while True:
            with service_faults("read dead letters"):
                messages = self.client.receive_message(
                    QueueUrl=self.url,
                    MaxNumberOfMessages=_MOST_AT_A_TIME,
                    VisibilityTimeout=HELD_SECONDS,
                    WaitTimeSeconds=1,
                    MessageSystemAttributeNames=["All"],
                    MessageAttributeNames=["All"],
                ).get("Messages", [])
            fresh = [one for one in messages if one["MessageId"] not in seen]
            if not fresh:
                return
            seen.update(one["MessageId"] for one in fresh)
            yield from map(_letter, fresh)

    def put_back(self, letter: DeadLetter) -> None:
        """Send a letter to the queue it came from, then delete it here.

        Where the second fails the letter is there twice and its upload announced twice: classify answers each object
        version once, so the second does nothing. The other way round it would be lost.
        """
        with service_faults("put a message back"):
            self.client.send_message(QueueUrl=self.source_url, MessageBody=letter.body)
        self.delete(letter)

    def delete(self, letter: DeadLetter) -> None:
        """Delete a letter for good."""
        with service_faults("delete a dead letter"):
            self.client.delete_message(QueueUrl=self.url, ReceiptHandle=letter.receipt_handle)

    def let_go(self, letter: DeadLetter) -> None:
        """Leave a letter where it is, for others to see at once."""
        with service_faults("let a dead letter go"):
            self.client.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=letter.receipt_handle, VisibilityTimeout=0
            )


def _letter(message: "MessageTypeDef") -> DeadLetter:
    attributes = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    return DeadLetter(
        message_id=message["MessageId"],
        first_id=attributes.get(FIRST_ID, message["MessageId"]),
        receipt_handle=message["ReceiptHandle"],
        body=message["Body"],
        cause=attributes.get(CAUSE, NOT_NOTED),
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
    )
