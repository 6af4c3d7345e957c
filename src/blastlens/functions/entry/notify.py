"""Lambda entry point of the notify function."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, sns_client
from blastlens.functions.notify import NotifyDependencies, make_handler
from blastlens.functions.settings import NotifySettings

handler = make_handler(
    NotifyDependencies.of_clients(
        NotifySettings.from_environment(), dynamodb_client(), sns_client(), lambda: datetime.now(UTC)
    )
)
