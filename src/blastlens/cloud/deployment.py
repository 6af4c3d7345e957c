"""What a deployed stack is made of, as far as commands need it: read from its outputs in CloudFormation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from blastlens.cloud.endpoints import application_arn
from blastlens.cloud.faults import fault_of, service_faults
from blastlens.domain.clinic import Platform
from blastlens.domain.errors import InvalidSettings

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


@dataclass(frozen=True)
class Deployment:
    """One deployment.

    Attributes:
        results_table: name of the table of results.
        clinics_table: name of the table of clinics and phones.
        clinic_topic_arn: the first topic for clinics.
        further_topics_name: what further topics are called, before their number.
        key_arn: the key of everything that rests.
        phones_name: what the platform applications of SNS are called.
    """

    results_table: str
    clinics_table: str
    clinic_topic_arn: str
    further_topics_name: str
    key_arn: str
    phones_name: str

    @classmethod
    def of_stack(cls, client: "CloudFormationClient", name: str) -> Self:
        """Read a stack's outputs.

        Raises:
            InvalidSettings: there is no such stack, or it was deployed from an older template.
            ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
        """
        with service_faults("look at the stack"):
            try:
                (stack,) = client.describe_stacks(StackName=name)["Stacks"]
            except ClientError as error:
                if "does not exist" in str(error):
                    raise InvalidSettings(f"There is no stack {name} here: name yours with --stack.") from None
                raise fault_of("look at the stack", error) from None
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
        missing = [key for key in _OUTPUTS if key not in outputs]
        if missing:
            raise InvalidSettings(f"The stack {name} has no output {', '.join(missing)}: deploy this version first.")
        return cls(*(outputs[key] for key in _OUTPUTS))

    def topic(self, number: int) -> str:
        """Return the ARN of a topic for clinics: the template's own for 0, further ones for 1 and up."""
        if number == 0:
            return self.clinic_topic_arn
        return f"{self.clinic_topic_arn.rpartition(':')[0]}:{self.further_topics_name}-{number}"

    def application(self, platform: Platform) -> str:
        """Return the ARN of the platform application that reaches phones of a platform."""
        return application_arn(self.clinic_topic_arn, platform, self.phones_name)


_OUTPUTS = (
    "ResultsTableName",
    "ClinicsTableName",
    "ClinicTopicArn",
    "FurtherTopicsName",
    "DataKeyArn",
    "PhonesName",
)
