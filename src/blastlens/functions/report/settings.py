"""Settings of the report function, read from its environment variables."""

from dataclasses import dataclass
from typing import Self

from blastlens.functions.environment_settings import Environment, environment_reader


@dataclass(frozen=True)
class ReportSettings:
    """Settings of the report function.

    Attributes:
        results_table: name of the results table.
        examinations_table: name of the table of examinations.
        reviews_table: name of the table of reviews.
        clinics_table: name of the table of clinics.
        access_table: name of the table of patients' access.
        audit_log_group: log group of the audit trail.
    """

    results_table: str
    examinations_table: str
    reviews_table: str
    clinics_table: str
    access_table: str
    audit_log_group: str

    @classmethod
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = environment_reader(environment)
        return cls(
            results_table=reader.text("RESULTS_TABLE"),
            examinations_table=reader.text("EXAMINATIONS_TABLE"),
            reviews_table=reader.text("REVIEWS_TABLE"),
            clinics_table=reader.text("CLINICS_TABLE"),
            access_table=reader.text("PATIENT_ACCESS_TABLE"),
            audit_log_group=reader.text("AUDIT_LOG_GROUP"),
        )
