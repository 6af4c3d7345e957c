"""What a deployed stack is made of, as its outputs tell."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.faults import service_faults
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_sqs import SQSClient

_OUTPUTS = ("UploadQueueUrl", "UploadDeadLetterQueueUrl", "NotifyFailureQueueUrl", "ResultsTableName")


@dataclass(frozen=True)
class Deployment:
    """Addresses of what an operator handles."""

    queue_url: str
    dead_letter_url: str
    failed_notices_url: str
    results_table: str


def find_deployment(stack: str, cloudformation: "CloudFormationClient", sqs: "SQSClient") -> Deployment:
    """Return the addresses that the stack of this name has.

    Raises:
        InvalidSettings: the stack is none of blastlens.
        ServiceFault: there is no such stack, or no leave to look; ServiceUnavailable where trying again may help.
    """
    with service_faults(f"find the stack {stack}"):
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0].get("Outputs", [])
        outputs = {one["OutputKey"]: one["OutputValue"] for one in found}
        missing = [name for name in _OUTPUTS if name not in outputs]
        if missing:
            raise InvalidSettings(f"The stack {stack} has no output {', '.join(missing)}: it is none of blastlens.")
        # Asked for by name: the embedded cloud's stack tells the addresses that the queues would have in AWS.
        queues = [
            sqs.get_queue_url(QueueName=outputs[name].rpartition("/")[2])["QueueUrl"]
            for name in _OUTPUTS
            if name.endswith("QueueUrl")
        ]
    return Deployment(queues[0], queues[1], queues[2], outputs["ResultsTableName"])
