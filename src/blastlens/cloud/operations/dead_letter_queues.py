"""Queues of a deployed stack, for operators."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.stack_outputs import stack_outputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_sqs import SQSClient

_QUEUES = (
    "UploadQueueUrl",
    "UploadDeadLetterQueueUrl",
    "NotifyFailureQueueUrl",
    "SettleQueueUrl",
    "ExamineFailureQueueUrl",
)


@dataclass(frozen=True)
class StackQueues:
    """Queues of one stack.

    Attributes:
        queue_url: the upload queue.
        dead_letter_url: its dead-letter queue.
        failed_notices_url: failure queue of notify: invocation records of what was not notified.
        settle_url: delayed messages to examine.
        failed_examinations_url: failure queue of examine: delayed messages, and invocation records.
    """

    queue_url: str
    dead_letter_url: str
    failed_notices_url: str
    settle_url: str
    failed_examinations_url: str

    @classmethod
    def of_stack(cls, stack: str, cloudformation: "CloudFormationClient", sqs: "SQSClient") -> Self:
        """Read a stack's outputs and the URLs of its queues.

        Raises:
            InvalidSettings: there is no such stack, or it was deployed from an older template.
            ServiceFault: a service refused; ServiceUnavailable where trying again may help.
        """
        outputs = stack_outputs(cloudformation, stack, _QUEUES)
        names = [outputs[key].rpartition("/")[2] for key in _QUEUES]
        with translated_errors("find the stack's queues"):
            # By name: the outputs of the embedded cloud's stack hold the URLs that the queues would have in AWS.
            urls = [sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in names]
        return cls(*urls)
