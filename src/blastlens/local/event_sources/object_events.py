"""Patch that adds the missing fields to moto's S3 events."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote_plus

from moto.s3 import notifications

Event = dict[str, Any]


def complete_object_events() -> Callable[[], None]:
    """Patch moto to add version id, sequencer and other fields to its S3 events.

    They are added where the event is made: later, two versions with the same bytes cannot be distinguished.

    Returns:
        A function that removes the patch.
    """
    original = notifications._get_s3_event

    def complete(event_name: str, bucket: Any, key: Any, notification_id: str) -> Event:
        event = original(event_name, bucket, key, notification_id)
        for record in event["Records"]:
            _complete(record, bucket, key)
        return event

    notifications._get_s3_event = complete

    def restore() -> None:
        notifications._get_s3_event = original

    return restore


def _complete(record: Event, bucket: Any, key: Any) -> None:
    record["userIdentity"] = {"principalId": "AWS:BLASTLENSLOCAL"}
    record["requestParameters"] = {"sourceIPAddress": "127.0.0.1"}
    record["responseElements"] = {
        "x-amz-request-id": secrets.token_hex(8).upper(),
        "x-amz-id-2": secrets.token_urlsafe(48),
    }
    record["s3"]["bucket"]["ownerIdentity"] = {"principalId": "BLASTLENSLOCAL"}
    # S3 does not encode slashes.
    record["s3"]["object"]["key"] = quote_plus(key.name, safe="/")
    if bucket.is_versioned:
        record["s3"]["object"]["versionId"] = key.version_id
    record["s3"]["object"]["sequencer"] = sequencer(cast(datetime, key.last_modified))


def sequencer(modified: datetime) -> str:
    """Return a version's sequencer.

    It has 16 hexadecimal digits that increase with the modification time (UTC).
    """
    microseconds = round(modified.replace(tzinfo=UTC).timestamp() * 1_000_000)
    return f"{microseconds:016X}"
