"""Lambda entry point of the notify function."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, kms_client, sns_client
from blastlens.functions.browser_push import make_browser_push
from blastlens.functions.notify import NotifyDependencies, make_handler
from blastlens.functions.push_settings import PushSettings
from blastlens.functions.settings import NotifySettings

_dynamodb = dynamodb_client()

handler = make_handler(
    NotifyDependencies.of_clients(
        NotifySettings.from_environment(),
        _dynamodb,
        sns_client(),
        lambda: datetime.now(UTC),
        make_browser_push(PushSettings.from_environment(), _dynamodb, kms_client()),
    )
)
