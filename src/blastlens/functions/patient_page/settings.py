"""Settings of the patient function, read from its environment variables."""

from dataclasses import dataclass
from typing import Self

from blastlens.functions.environment_settings import Environment, environment_reader


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
    def from_environment(cls, environment: Environment | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = environment_reader(environment)
        names = ("PATIENT_ACCESS_TABLE", "EXAMINATIONS_TABLE", "CLINICS_TABLE", "AUDIT_LOG_GROUP", "PUSH_KEY_ID")
        return cls(*(reader.text(name) for name in names))
