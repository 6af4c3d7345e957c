"""Settings of the patient function, read from its environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader


@dataclass(frozen=True)
class PatientPageSettings:
    """Settings of the patient function.

    Attributes:
        access_table: name of the table of patients' access.
        examinations_table: name of the table of examinations.
        clinics_table: name of the table of clinics.
        audit_log_group: log group of the audit trail.
        push_key_id: the KMS key of Web Push.
    """

    access_table: str
    examinations_table: str
    clinics_table: str
    audit_log_group: str
    push_key_id: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = FieldReader(os.environ if environment is None else environment, _missing)
        names = ("PATIENT_ACCESS_TABLE", "EXAMINATIONS_TABLE", "CLINICS_TABLE", "AUDIT_LOG_GROUP", "PUSH_KEY_ID")
        return cls(*(reader.text(name) for name in names))


def _missing(name: str, expected: str, value: object) -> InvalidSettings:
    return InvalidSettings(f"the environment variable {name} is not set")
