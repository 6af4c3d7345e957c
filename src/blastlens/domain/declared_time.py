"""Time of an image, declared with its upload: object metadata and its reader."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

TIME_KEY = "taken-at"
"""Key of the object metadata that holds the time, by RFC 3339 in UTC with a capital `Z`."""

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Earlier times come from clocks that were never set."""

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a microscope's clock may be ahead."""

_PATTERN = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_taken_at(text: str, now: datetime) -> datetime:
    """Return the time (UTC, whole milliseconds) in a text such as `2026-11-22T09:30:15Z`.

    Args:
        text: the declared time.
        now: when the image was uploaded, or is about to be.

    Raises:
        ValueError: the text is not of this form, or the time is before 2000 or more than five minutes after `now`.
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError("not a time of the form 2026-11-22T09:30:15Z")
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    microseconds = 1000 * int((match[7] or "")[:3].ljust(3, "0"))
    taken_at = datetime(year, month, day, hour, minute, second, microseconds, UTC)  # ValueError for a 30 February
    if not EARLIEST <= taken_at <= now + CLOCK_TOLERANCE:
        raise ValueError("before 2000, or in the future")
    return taken_at


def read_declared_time(metadata: Mapping[str, str], uploaded_at: datetime) -> datetime | None:
    """Return when an image was taken by its object's metadata (UTC).

    Returns None where the metadata has no time, or one that is not usable: an image cannot be taken after it was
    uploaded.
    """
    try:
        return parse_taken_at(metadata[TIME_KEY], uploaded_at)
    except (KeyError, ValueError):
        return None


def make_time_metadata(taken_at: datetime | None) -> dict[str, str]:
    """Return the object metadata that declares when an image was taken; nothing where that is not known."""
    return {} if taken_at is None else {TIME_KEY: format_instant(taken_at)}


def to_file_time(modified_ns: int) -> datetime | None:
    """Return the time (UTC) of a file's last change, from nanoseconds since 1970; None beyond the calendar."""
    try:
        return _EPOCH + timedelta(microseconds=modified_ns // 1000)
    except OverflowError:
        return None


def format_instant(time: datetime) -> str:
    """Format a time by RFC 3339 in UTC, with milliseconds and `Z`."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
