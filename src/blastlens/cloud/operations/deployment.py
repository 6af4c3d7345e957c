"""Names and ARNs of a deployed stack, read from its CloudFormation outputs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from blastlens.cloud.notifications.endpoints import application_arn
from blastlens.cloud.stack_outputs import stack_outputs
from blastlens.domain.clinic import Platform

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


@dataclass(frozen=True)
class Deployment:
    """One deployment.

    Attributes:
        results_table: name of the results table.
        clinics_table: name of the table of clinics and phones.
        clinic_topic_arn: the first topic for clinics.
        further_topics_name: prefix of the names of further topics, before their number.
        key_arn: the KMS key of all stored data.
        phones_name: name of the platform applications of SNS.
        report_topic_arn: the topic of signed reports.
        examinations_table: name of the examinations table.
    """

    results_table: str
    clinics_table: str
    clinic_topic_arn: str
    further_topics_name: str
    key_arn: str
    phones_name: str
    report_topic_arn: str
    examinations_table: str

    @classmethod
    def of_stack(cls, client: "CloudFormationClient", name: str) -> Self:
        """Read a stack's outputs.

        Raises:
            InvalidSettings: there is no such stack, or it was deployed from an older template.
            ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
        """
        outputs = stack_outputs(client, name, _OUTPUTS)
        return cls(*(outputs[key] for key in _OUTPUTS))

    def topic(self, number: int) -> str:
        """Return the ARN of a topic for clinics.

        Number 0 is the template's topic, 1 and up are further ones.
        """
        if number == 0:
            return self.clinic_topic_arn
        return f"{self.clinic_topic_arn.rpartition(':')[0]}:{self.further_topics_name}-{number}"

    def application(self, platform: Platform) -> str:
        """Return the ARN of a platform's platform application."""
        return application_arn(self.clinic_topic_arn, platform, self.phones_name)


_OUTPUTS = (
    "ResultsTableName",
    "ClinicsTableName",
    "ClinicTopicArn",
    "FurtherTopicsName",
    "DataKeyArn",
    "PhonesName",
    "ReportTopicArn",
    "ExaminationsTableName",
)
