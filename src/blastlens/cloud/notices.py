"""Notices through SNS: one topic for clinics, one for patients' devices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blastlens.cloud.faults import service_faults
from blastlens.domain.notice import Notice
from blastlens.domain.record import Audience

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef


@dataclass(frozen=True)
class NoticeTopics:
    """The topics, by a boto3 SNS client, which threads may share."""

    client: "SNSClient"
    clinic_topic_arn: str
    patient_topic_arn: str

    def publish(self, notice: Notice) -> str:
        """Hand a notice to its audience's topic and return the id SNS gave it.

        Raises:
            ServiceFault: SNS refused; ServiceUnavailable where trying again may help.
        """
        is_clinic = notice.audience is Audience.CLINIC
        with service_faults(f"tell the {notice.audience}"):
            response = self.client.publish(
                TopicArn=self.clinic_topic_arn if is_clinic else self.patient_topic_arn,
                Subject=notice.subject,
                Message=notice.message,
                MessageStructure="json",
                MessageAttributes=_attributes(notice.attributes),
            )
        return response["MessageId"]


def _attributes(values: Mapping[str, str]) -> dict[str, "MessageAttributeValueTypeDef"]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
