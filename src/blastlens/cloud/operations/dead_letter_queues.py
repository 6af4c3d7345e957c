"""Where a deployed stack keeps what an operator puts back: its queues."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from blastlens.cloud.service_errors import translated_errors
from blastlens.cloud.stack_outputs import stack_outputs

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_sqs import SQSClient

_QUEUES = ("UploadQueueUrl", "UploadDeadLetterQueueUrl", "NotifyFailureQueueUrl")
_TABLE = "ResultsTableName"


@dataclass(frozen=True)
class StackQueues:
    """Addresses of what an operator handles.

    Attributes:
        queue_url: where uploads wait for classify.
        dead_letter_url: where those lie that it could not answer.
        failed_notices_url: where notes lie of results that nobody was told of.
        results_table: name of the table of results.
    """

    queue_url: str
    dead_letter_url: str
    failed_notices_url: str
    results_table: str

    @classmethod
    def of_stack(cls, stack: str, cloudformation: "CloudFormationClient", sqs: "SQSClient") -> Self:
        """Read a stack's outputs, and ask for its queues.

        Raises:
            InvalidSettings: there is no such stack, or it was deployed from an older template.
            ServiceFault: a service refused; ServiceUnavailable where trying again may help.
        """
        outputs = stack_outputs(cloudformation, stack, (*_QUEUES, _TABLE))
        names = [outputs[key].rpartition("/")[2] for key in _QUEUES]
        with translated_errors("find the stack's queues"):
            # By name: the embedded cloud's stack tells the addresses that the queues would have in AWS.
            urls = [sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in names]
        return cls(urls[0], urls[1], urls[2], outputs[_TABLE])
