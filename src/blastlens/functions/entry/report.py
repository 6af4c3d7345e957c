"""Lambda entry point of the report function."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, logs_client
from blastlens.functions.report.handler import ReportDependencies, make_handler
from blastlens.functions.report.settings import ReportSettings

handler = make_handler(
    ReportDependencies.of_clients(
        ReportSettings.from_environment(), dynamodb_client(), logs_client(), lambda: datetime.now(UTC)
    )
)
