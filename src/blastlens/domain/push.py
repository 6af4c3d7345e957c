"""Messages to phones, as Google's FCM v1 and Apple's APNs want them.

What is under `notification` or `alert` appears on the lock screen; what is under `data`, or beside `aps`, reaches the
app alone.
"""

import json
from collections.abc import Mapping
from typing import Any

MAX_PUSH_BYTES = 4096
"""What FCM and APNs take of one message."""

_PLATFORMS = ("GCM", "APNS", "APNS_SANDBOX")


def push_bodies(title: str, lock_screen: str, data: Mapping[str, str]) -> dict[str, str]:
    """Return the body for each platform, by SNS's name of it; all of them are JSON in a string."""
    shown = {"title": title, "body": lock_screen}
    # A result is worth waking the phone for; both platforms hold messages of lesser priority back for hours.
    google = {"notification": shown, "data": dict(data), "android": {"priority": "high"}}
    apple = _json({"aps": {"alert": shown, "sound": "default"}, **data})
    return {"GCM": _json({"fcmV1Message": {"message": google}}), "APNS": apple, "APNS_SANDBOX": apple}


def size_of_push(bodies: Mapping[str, str]) -> int:
    """Return the bytes of the largest push among the bodies of a notice, 0 where there is none."""
    return max((len(bodies[platform].encode()) for platform in _PLATFORMS if platform in bodies), default=0)


def _json(value: Mapping[str, Any]) -> str:
    # Umlauts as they are: escaped, they would take three times the room.
    return json.dumps(value, ensure_ascii=False)
