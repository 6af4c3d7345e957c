"""Clients and settings of the patient function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.push_key import PushKey
from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.functions.patient_page.settings import PatientPageSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class PatientPageDependencies:
    """Clients and settings of the patient function.

    Attributes:
        access: the table of patients' access.
        browsers: the browsers in the same table.
        examinations: the table of examinations.
        clinics: the table of clinics.
        trail: the audit trail, which records each access.
        push_key: the key of Web Push.
        clock: returns the time (UTC).
        also: origin of one more push service, for tests; None in AWS.
    """

    access: PatientAccessTable
    browsers: BrowsersTable
    examinations: ExaminationsTable
    clinics: ClinicsTable
    trail: AuditTrail
    push_key: PushKey
    clock: Callable[[], datetime]
    also: str | None = None

    @classmethod
    def of_clients(
        cls,
        settings: PatientPageSettings,
        dynamodb: "DynamoDBClient",
        logs: Any,
        kms: Any,
        clock: Callable[[], datetime],
    ) -> Self:
        """Return the dependencies, made from settings and clients."""
        return cls(
            access=PatientAccessTable(dynamodb, settings.access_table),
            browsers=BrowsersTable(dynamodb, settings.access_table),
            examinations=ExaminationsTable(dynamodb, settings.examinations_table),
            clinics=ClinicsTable(dynamodb, settings.clinics_table),
            trail=AuditTrail(logs, settings.audit_log_group),
            push_key=PushKey(kms, settings.push_key_id),
            clock=clock,
        )
