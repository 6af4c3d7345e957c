"""Push messages in the formats of Google's FCM v1 and Apple's APNs.

The lock screen shows what is under `notification` or `alert`. Only the app receives what is under `data`, or beside
`aps`.
"""

import json
from collections.abc import Mapping
from typing import Any

MAX_PUSH_BYTES = 4096
"""Largest message that FCM and APNs accept."""

_PLATFORMS = ("GCM", "APNS", "APNS_SANDBOX")


def make_push_bodies(title: str, lock_screen: str, data: Mapping[str, str]) -> dict[str, str]:
    """Return the body for each platform, by its name in SNS.

    Every body is JSON in a string.
    """
    shown = {"title": title, "body": lock_screen}
    # High priority: both platforms delay messages of lower priority for hours.
    google = {"notification": shown, "data": dict(data), "android": {"priority": "high"}}
    apple = _json({"aps": {"alert": shown, "sound": "default"}, **data})
    return {"GCM": _json({"fcmV1Message": {"message": google}}), "APNS": apple, "APNS_SANDBOX": apple}


def measure_push(bodies: Mapping[str, str]) -> int:
    """Return the size in bytes of the largest push body of a notice.

    It is 0 if the notice has none.
    """
    return max((len(bodies[platform].encode()) for platform in _PLATFORMS if platform in bodies), default=0)


def _json(value: Mapping[str, Any]) -> str:
    # Umlauts are not escaped: escaped, they take three times the space.
    return json.dumps(value, ensure_ascii=False)
