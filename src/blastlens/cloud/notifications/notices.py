"""SNS topics for clinics, and for the reports of their systems."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.service_errors import translated_errors
from blastlens.domain.notice import Notice

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


@dataclass(frozen=True)
class ClinicTopics:
    """The topics, through a boto3 SNS client, which threads may share.

    Attributes:
        client: SNS client.
        first_arn: the template's topic. Every notice is published to it, for subscribers of all clinics.
        report_arn: topic of signed reports; empty where none are published.
    """

    client: "SNSClient"
    first_arn: str
    report_arn: str = ""

    def topics_for(self, topic_arn: str | None) -> tuple[str, ...]:
        """Return the first topic, and the clinic's own topic if that is another.

        The clinic's own comes last: if it fails, a retry notifies subscribers of all clinics twice, but not the clinic.
        """
        return (self.first_arn,) if topic_arn in (None, self.first_arn) else (self.first_arn, str(topic_arn))

    def publish(self, notice: Notice, topic_arn: str) -> str:
        """Publish a notice or a report to one topic and return its message id.

        Raises:
            ServiceFault: SNS refused; ServiceUnavailable where trying again may help.
        """
        with translated_errors("notify the clinic"):
            response = self.client.publish(
                TopicArn=topic_arn,
                Subject=notice.subject,
                Message=notice.message,
                MessageStructure="json",
                MessageAttributes=_attributes(notice.attributes),
            )
        return response["MessageId"]


def _attributes(values: Mapping[str, str]) -> dict[str, "MessageAttributeValueTypeDef"]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
