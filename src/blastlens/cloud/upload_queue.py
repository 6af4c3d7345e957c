"""The upload queue: releasing and dead-lettering messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CAUSE = "cause"
"""Message attribute in the dead-letter queue: why the message was moved."""

ORIGINAL_ID = "first_message_id"
"""Message attribute in the dead-letter queue: the message's id in the upload queue, which the log names."""

_BATCH_LIMIT = 10
_MAX_CAUSE_LENGTH = 500


@dataclass(frozen=True)
class UploadQueue:
    """The upload queue and its dead-letter queue, through a boto3 SQS client.

    Threads may share it.

    Attributes:
        client: SQS client.
        url: the upload queue, event source of classify.
        dead_letter_url: its dead-letter queue.
    """

    client: "SQSClient"
    url: str
    dead_letter_url: str

    def make_visible(self, receipt_handles: Sequence[str]) -> None:
        """Make messages visible at once.

        Messages that were deleted or received again stay as they are.

        Raises:
            ServiceFault: SQS refused; the messages become visible after their visibility timeout.
        """
        for start in range(0, len(receipt_handles), _BATCH_LIMIT):
            part = receipt_handles[start : start + _BATCH_LIMIT]
            with translated_errors("release messages"):
                self.client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for number, handle in enumerate(part)
                    ],
                )

    def send_to_dead_letter_queue(self, body: str, message_id: str, cause: str) -> None:
        """Send a copy of a message with its cause to the dead-letter queue.

        Lambda deletes the original.

        Raises:
            ServiceFault: SQS refused; the original must stay in the queue.
        """
        with translated_errors("send a message to the dead-letter queue"):
            self.client.send_message(
                QueueUrl=self.dead_letter_url,
                MessageBody=body,
                MessageAttributes={
                    CAUSE: {"DataType": "String", "StringValue": cause[:_MAX_CAUSE_LENGTH]},
                    ORIGINAL_ID: {"DataType": "String", "StringValue": message_id},
                },
            )
