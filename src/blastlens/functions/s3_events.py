"""S3's event notifications, read strictly: what we do not know for certain a person has to look at."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blastlens.domain.errors import InvalidEvent
from blastlens.domain.upload import UNVERSIONED, ObjectVersion, decode_event_key

_CREATED = "ObjectCreated:"
_TEST = "s3:TestEvent"
_MAX_VERSION_LENGTH = 512


@dataclass(frozen=True)
class ObjectCreated:
    """An object version came to be, at `created_at` (UTC)."""

    source: ObjectVersion
    created_at: datetime


@dataclass(frozen=True)
class S3Event:
    """What one notification tells.

    Attributes:
        created: the new object versions, in the event's order.
        ignored: names of the events that do not concern us.
    """

    created: tuple[ObjectCreated, ...]
    ignored: tuple[str, ...] = ()


def is_s3_event(event: object) -> bool:
    """Tell whether Lambda was handed S3's event itself, and not a batch of messages that wrap such events."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    first = records[0] if isinstance(records, list) and records else None
    return isinstance(first, Mapping) and first.get("eventSource") == "aws:s3"


def read_body(body: str) -> S3Event:
    """Read the event in a message's body.

    Raises:
        InvalidEvent: the body holds none. The message never repeats what it does hold: that may be a person's name.
    """
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidEvent("the message is not JSON") from None
    return read_event(event)


def read_event(event: object) -> S3Event:
    """Read an event as S3 makes it, schema 2.x, or its test event.

    Raises:
        InvalidEvent: it is no such event; the message tells the field, never its value.
    """
    top = _mapping(event, "event")
    if top.get("Event") == _TEST:
        return S3Event((), (_TEST,))
    records = top.get("Records")
    if not isinstance(records, list) or not records:
        raise InvalidEvent("Records is not a list with something in it")
    read = [_read_record(_mapping(record, f"Records[{index}]")) for index, record in enumerate(records)]
    return S3Event(
        tuple(one for one in read if isinstance(one, ObjectCreated)), tuple(one for one in read if isinstance(one, str))
    )


def _read_record(record: Mapping[str, Any]) -> ObjectCreated | str:
    if record.get("eventSource") != "aws:s3":
        raise InvalidEvent("eventSource is not aws:s3")
    if not _text(record, "eventVersion").startswith("2."):
        raise InvalidEvent("eventVersion is not 2.x")
    name = _text(record, "eventName").removeprefix("s3:")
    if not name.startswith(_CREATED):
        return name
    s3 = _mapping(record.get("s3"), "s3")
    bucket, thing = _mapping(s3.get("bucket"), "s3.bucket"), _mapping(s3.get("object"), "s3.object")
    source = ObjectVersion(
        bucket=_text(bucket, "name"),
        key=decode_event_key(_text(thing, "key")),
        version_id=_version(thing),
        sequencer=_text(thing, "sequencer") if "sequencer" in thing else "",
        size=_size(thing),
    )
    return ObjectCreated(source, _time(_text(record, "eventTime")))


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidEvent(f"{name} is not an object")
    return value


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidEvent(f"{name} is not a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidEvent(f"{name} is not Unicode") from None
    return value


def _version(thing: Mapping[str, Any]) -> str:
    # Buckets that keep no versions leave the field out.
    if thing.get("versionId") is None:
        return UNVERSIONED
    version = _text(thing, "versionId")
    if len(version) > _MAX_VERSION_LENGTH:
        raise InvalidEvent(f"versionId has {len(version)} characters")
    return version


def _size(thing: Mapping[str, Any]) -> int | None:
    size = thing.get("size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise InvalidEvent("size is not a number of bytes")
    return size


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidEvent("eventTime is not ISO 8601") from None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
