"""Lambda entry point of the api function."""

from datetime import UTC, datetime

from blastlens.cloud.audit_trail import AuditTrail
from blastlens.cloud.clients import dynamodb_client, logs_client, s3_presigning_client
from blastlens.cloud.images import ImageStore
from blastlens.cloud.tables.results import ResultsTable
from blastlens.functions.api import ApiDependencies, make_handler
from blastlens.functions.settings import ApiSettings

_settings = ApiSettings.from_environment()

handler = make_handler(
    ApiDependencies(
        images=ImageStore(s3_presigning_client()),
        results=ResultsTable(dynamodb_client(), _settings.results_table),
        bucket=_settings.upload_bucket,
        clock=lambda: datetime.now(UTC),
        trail=AuditTrail(logs_client(), _settings.audit_log_group),
    )
)
