"""Lambda entry point of the api function."""

from datetime import UTC, datetime

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.clients import dynamodb_client, logs_client, s3_presigning_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.examinations import ExaminationsTable
from blastlens.cloud.tables.results import ResultsTable
from blastlens.functions.api import make_handler
from blastlens.functions.routes import ApiDependencies
from blastlens.functions.settings import ApiSettings

_settings = ApiSettings.from_environment()
_dynamodb = dynamodb_client()

handler = make_handler(
    ApiDependencies(
        images=ImageStore(s3_presigning_client()),
        results=ResultsTable(_dynamodb, _settings.results_table),
        examinations=ExaminationsTable(_dynamodb, _settings.examinations_table),
        bucket=_settings.upload_bucket,
        clock=lambda: datetime.now(UTC),
        trail=AuditTrail(logs_client(), _settings.audit_log_group),
    )
)
