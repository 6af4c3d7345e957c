"""What sends messages to patients' browsers."""

from typing import TYPE_CHECKING, Any

from blastlens.cloud.notifications.web_push import WebPush
from blastlens.cloud.push_key import PushKey
from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.functions.patient_notifications import BrowserPush
from blastlens.functions.push_settings import PushSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def make_browser_push(settings: PushSettings, dynamodb: "DynamoDBClient", kms: Any) -> BrowserPush:
    """Return what sends messages to browsers, made from settings and clients."""
    key = PushKey(kms, settings.key_id)
    return BrowserPush(BrowsersTable(dynamodb, settings.access_table), WebPush(key, settings.subject))
