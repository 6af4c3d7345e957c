"""Bucket, tables and parameters of a deployed stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from blastlens.cloud.stack_outputs import stack_outputs, stack_parameters
from blastlens.domain.notification_plan import PatientRelease
from blastlens.domain.retention import Retention

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_QUIET_SECONDS = 180  # the template's default; a stack from before the parameter has no value

_OUTPUTS = (
    "UploadBucketName",
    "ResultsTableName",
    "ExaminationsTableName",
    "ContentsTableName",
    "ReviewsTableName",
    "ClinicsTableName",
    "PatientAccessTableName",
    "AuditLogGroupName",
)


@dataclass(frozen=True)
class DataStores:
    """Where a deployment stores patients' data.

    Attributes:
        bucket: name of the upload bucket.
        results: name of the results table.
        examinations: name of the examinations table.
        contents: name of the table of contents.
        reviews: name of the table of reviews.
        clinics: name of the table of clinics and phones.
        access: name of the table of patients' access.
        audit_log_group: name of the log group of the audit trail.
        parameters: values of the stack's parameters, as far as CloudFormation lists them.
    """

    bucket: str
    results: str
    examinations: str
    contents: str
    reviews: str
    clinics: str
    access: str
    audit_log_group: str
    parameters: Mapping[str, str]

    @classmethod
    def of_stack(cls, client: "CloudFormationClient", name: str) -> Self:
        """Read a stack's outputs and parameters.

        Raises:
            InvalidSettings: there is no such stack, or it was deployed from an older template.
            ServiceFault: CloudFormation refused; ServiceUnavailable where trying again may help.
        """
        outputs = stack_outputs(client, name, _OUTPUTS)
        return cls(
            bucket=outputs["UploadBucketName"],
            results=outputs["ResultsTableName"],
            examinations=outputs["ExaminationsTableName"],
            contents=outputs["ContentsTableName"],
            reviews=outputs["ReviewsTableName"],
            clinics=outputs["ClinicsTableName"],
            access=outputs["PatientAccessTableName"],
            audit_log_group=outputs["AuditLogGroupName"],
            parameters=stack_parameters(client, name),
        )

    @property
    def release(self) -> PatientRelease:
        """When patients are notified."""
        return PatientRelease(self.parameters.get("PatientRelease", PatientRelease.AFTER_SIGN_OFF))

    @property
    def retention(self) -> Retention:
        """How long images and records are kept."""
        return Retention(*(int(self.parameters.get(name, 0)) for name in ("KeepImagesDays", "KeepRecordsDays")))

    @property
    def quiet(self) -> timedelta:
        """After how long without a new field an examination settles."""
        return timedelta(seconds=int(self.parameters.get("ExaminationQuietSeconds", _QUIET_SECONDS)))
