"""Settings of the report function, read from its environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader


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
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = FieldReader(os.environ if environment is None else environment, _missing)
        return cls(
            results_table=reader.text("RESULTS_TABLE"),
            examinations_table=reader.text("EXAMINATIONS_TABLE"),
            reviews_table=reader.text("REVIEWS_TABLE"),
            clinics_table=reader.text("CLINICS_TABLE"),
            access_table=reader.text("PATIENT_ACCESS_TABLE"),
            audit_log_group=reader.text("AUDIT_LOG_GROUP"),
        )


def _missing(name: str, expected: str, value: object) -> InvalidSettings:
    return InvalidSettings(f"the environment variable {name} is not set")
