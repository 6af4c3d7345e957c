"""Lambda's way into the notify function: the parts are made once, when the environment starts."""

from datetime import UTC, datetime

from blastlens.cloud.clients import dynamodb_client, sns_client
from blastlens.functions.notify import make_handler
from blastlens.functions.notify_parts import make_parts
from blastlens.functions.settings import NotifySettings

handler = make_handler(
    make_parts(NotifySettings.from_environment(), dynamodb_client(), sns_client(), lambda: datetime.now(UTC))
)
