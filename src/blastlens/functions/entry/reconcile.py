"""Lambda entry point of the reconcile function."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, s3_client, sqs_client
from blastlens.functions.reconcile import ReconcileDependencies, make_handler
from blastlens.functions.settings import ReconcileSettings

handler = make_handler(
    ReconcileDependencies.of_clients(
        ReconcileSettings.from_environment(), dynamodb_client(), s3_client(), sqs_client(), lambda: datetime.now(UTC)
    )
)
