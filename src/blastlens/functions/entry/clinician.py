"""Lambda entry point of the clinician function."""

from datetime import UTC, datetime

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.clients import dynamodb_client, logs_client, s3_client, s3_presigning_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.clinics import ClinicsTable
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.patient_access import PatientAccessTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.cloud.tables.reviews import ReviewsTable
from blastlens.functions.clinician.handler import make_handler
from blastlens.functions.clinician.model_card import SHIPPED, ShownPackage
from blastlens.functions.clinician.routes import ClinicianDependencies
from blastlens.functions.clinician.settings import ClinicianSettings

_settings = ClinicianSettings.from_environment()
_dynamodb = dynamodb_client()

handler = make_handler(
    ClinicianDependencies(
        images=ImageStore(s3_client()),
        links=ImageStore(s3_presigning_client()),
        results=ResultsTable(_dynamodb, _settings.results_table),
        examinations=ExaminationsTable(_dynamodb, _settings.examinations_table),
        reviews=ReviewsTable(_dynamodb, _settings.reviews_table, _settings.examinations_table),
        clinics=ClinicsTable(_dynamodb, _settings.clinics_table),
        access=PatientAccessTable(_dynamodb, _settings.access_table),
        trail=AuditTrail(logs_client(), _settings.audit_log_group),
        bucket=_settings.upload_bucket,
        package=ShownPackage.read(SHIPPED),
        stage=_settings.stage,
        quiet=_settings.quiet,
        clock=lambda: datetime.now(UTC),
    )
)
