"""Notices for clinics through SNS: the topic of the template, and further ones where there are many clinics."""

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
    """The topics, by a boto3 SNS client, which threads may share.

    Attributes:
        client: of SNS.
        first_arn: the template's topic. Who hears of every clinic subscribes here, so every notice passes it.
    """

    client: "SNSClient"
    first_arn: str

    def topics_for(self, topic_arn: str | None) -> tuple[str, ...]:
        """Return the topics that a clinic's notices go to: the first, and its own where that is another.

        The own comes last: whoever hears of every clinic may hear twice when it fails, the clinic itself does not.
        """
        return (self.first_arn,) if topic_arn in (None, self.first_arn) else (self.first_arn, str(topic_arn))

    def publish(self, notice: Notice, topic_arn: str) -> str:
        """Hand a notice to one topic and return the id SNS gave it.

        Raises:
            ServiceFault: SNS refused; ServiceUnavailable where trying again may help.
        """
        with translated_errors("tell the clinic"):
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
