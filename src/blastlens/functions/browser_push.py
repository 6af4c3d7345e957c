"""Settings of messages to patients' browsers, and what sends them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from blastlens.cloud.notifications.web_push import WebPush
from blastlens.cloud.push_key import PushKey
from blastlens.cloud.tables.browsers import BrowsersTable
from blastlens.domain.errors import InvalidSettings
from blastlens.domain.fields import FieldReader
from blastlens.functions.patient_notifications import BrowserPush

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class PushSettings:
    """Settings of the notify function for messages to browsers.

    Attributes:
        access_table: name of the table of patients' access.
        key_id: the KMS key that signs.
        subject: how a push service reaches whoever sends: `mailto:` and an address, or an https address.
    """

    access_table: str
    key_id: str
    subject: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environment`, by default from the process's own.

        Raises:
            InvalidSettings: a variable is missing; the message names it.
        """
        reader = FieldReader(os.environ if environment is None else environment, _missing)
        return cls(*(reader.text(name) for name in ("PATIENT_ACCESS_TABLE", "PUSH_KEY_ID", "PUSH_SUBJECT")))


def make_browser_push(settings: PushSettings, dynamodb: "DynamoDBClient", kms: Any) -> BrowserPush:
    """Return what sends messages to browsers, made from settings and clients."""
    key = PushKey(kms, settings.key_id)
    return BrowserPush(BrowsersTable(dynamodb, settings.access_table), WebPush(key, settings.subject))


def _missing(name: str, expected: str, value: object) -> InvalidSettings:
    return InvalidSettings(f"the environment variable {name} is not set")
