"""Settings of the clinician function, read from its environment variables."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from blastlens.domain.errors import InvalidSettings
from blastlens.functions.environment_settings import Environment, environment_reader


@dataclass(frozen=True)
class ClinicianSettings:
    """Settings of the clinician function.

    Attributes:
        results_table: name of the results table.
        examinations_table: name of the table of examinations.
        reviews_table: name of the table of reviews.
        clinics_table: name of the table of clinics.
        access_table: name of the table of patients' access.
        upload_bucket: the upload bucket.
        audit_log_group: log group of the audit trail.
        stage: name of the deployment, shown on the page.
        quiet: after how long without a new field an examination settles.
    """

    results_table: str
    examinations_table: str
    reviews_table: str
    clinics_table: str
    access_table: str
    upload_bucket: str
    audit_log_group: str
    stage: str
    quiet: timedelta

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing or wrong; the message names it.
        """
        reader = environment_reader(environment)
        return cls(
            results_table=reader.text("RESULTS_TABLE"),
            examinations_table=reader.text("EXAMINATIONS_TABLE"),
            reviews_table=reader.text("REVIEWS_TABLE"),
            clinics_table=reader.text("CLINICS_TABLE"),
            access_table=reader.text("PATIENT_ACCESS_TABLE"),
            upload_bucket=reader.text("UPLOAD_BUCKET"),
            audit_log_group=reader.text("AUDIT_LOG_GROUP"),
            stage=reader.text("STAGE"),
            quiet=_seconds(reader.text("QUIET_SECONDS")),
        )


def _seconds(text: str) -> timedelta:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise InvalidSettings(f"the environment variable QUIET_SECONDS is {text!r}, not a number of seconds")
    return timedelta(seconds=int(text))
