"""Notices for clinics through SNS: the topic of the template, and further ones where there are many clinics."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.faults import service_faults
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

    def tell(self, notice: Notice, topic_arn: str | None = None) -> None:
        """Hand a notice to the first topic, and to its clinic's own where that is another.

        The own comes last: whoever hears of every clinic may hear twice when it fails, the clinic itself does not.

        Raises:
            ServiceFault: SNS refused; ServiceUnavailable where trying again may help.
        """
        self.publish(notice, self.first_arn)
        if topic_arn is not None and topic_arn != self.first_arn:
            self.publish(notice, topic_arn)

    def publish(self, notice: Notice, topic_arn: str) -> str:
        """Hand a notice to one topic and return the id SNS gave it.

        Raises:
            ServiceFault: SNS refused; ServiceUnavailable where trying again may help.
        """
        with service_faults("tell the clinic"):
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
