"""The queue of uploads as the classify function uses it beside what Lambda does: messages given back or set aside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CAUSE = "cause"
"""Message attribute of a dead letter: why it was set aside."""

ORIGINAL_ID = "first_message_id"
"""Message attribute of a dead letter: the id it had in the queue, which the log names."""

_BATCH_LIMIT = 10
_MAX_CAUSE_LENGTH = 500


@dataclass(frozen=True)
class UploadQueue:
    """The queue and its dead letters, by a boto3 SQS client, which threads may share.

    Attributes:
        client: boto3 client.
        url: the queue that feeds classify.
        dead_letter_url: where messages wait for a person.
    """

    client: "SQSClient"
    url: str
    dead_letter_url: str

    def make_visible(self, receipt_handles: Sequence[str]) -> None:
        """Let messages be received again at once; those that are gone or were received anew since stay as they are.

        Raises:
            ServiceFault: SQS refused; the messages come back when their visibility timeout is over.
        """
        for start in range(0, len(receipt_handles), _BATCH_LIMIT):
            part = receipt_handles[start : start + _BATCH_LIMIT]
            with translated_errors("give messages back"):
                self.client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for number, handle in enumerate(part)
                    ],
                )

    def send_to_dead_letter_queue(self, body: str, message_id: str, cause: str) -> None:
        """Put a copy of a message among the dead letters, with the cause; the message itself is for Lambda to delete.

        Raises:
            ServiceFault: SQS refused, and the message has to stay where it is.
        """
        with translated_errors("set a message aside"):
            self.client.send_message(
                QueueUrl=self.dead_letter_url,
                MessageBody=body,
                MessageAttributes={
                    CAUSE: {"DataType": "String", "StringValue": cause[:_MAX_CAUSE_LENGTH]},
                    ORIGINAL_ID: {"DataType": "String", "StringValue": message_id},
                },
            )
